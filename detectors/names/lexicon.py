# ruff: noqa: E501, SIM905  word lists read better unbroken
"""Words that tell a person's name from other capitalised words. All lower case."""

PLACE_WORDS = frozenset(
    """road street lane avenue close drive way crescent court place square terrace gardens grove hill green park row
    mews walk rise parade broadway wharf quay house hall lodge cottage farm barn mill school academy college church
    chapel abbey cathedral hospital surgery clinic centre center library museum theatre cinema station bridge lock
    valley wood woods forest common heath field fields marsh island isle river bay beach cliff point mount view
    estate tower towers heights flats block villas buildings arcade market high low upper lower north south east west
    town village borough county district parish ward england wales scotland ireland kent london rd st ave cl dr cres
    ct ln gdns grange manor paddock orchard meadow meadows copse vale dale end cross corner gate yard roundabout
    crossroads bypass motorway car cafe pub inn arms hotel restaurant stores shop dental opp nr near weald downs
    crematorium cemetery precinct depot causeway promenade esplanade reach moor down""".split()
)

ORGANISATION = frozenset(
    """council ltd limited plc llp inc trust association society club union committee department dept team services
    service group partnership company co bank foundation charity university ministry office agency authority board
    commission federation institute council's unison unite gmb tyres solicitors motors holdings consulting builders
    carpets roofing scaffolding plumbing electricals flooring kitchens glazing removals catering engineering construction
    contractors groundworks haulage bakery butchers taxis cabs couriers lettings estates coaches
    homes housing act regulations order bill policy plan scheme report system software server windows excel word
    teams outlook copilot gemini claude chatgpt microsoft google amazon oracle adobe""".split()
)

STOP = frozenset(
    """the a an and or but if of for to in on at by with from as is are was were be been has have had do does did not no
    yes this that these those it its he she they we you i my his her their our your who what when where why how which
    please thanks thank hello hi dear all sir madam sirs everyone team colleagues colleague regards kind best yours
    sincerely faithfully subject date re fw fwd cc bcc sent from to note notes ref attached see can could would should
    may might must will shall need needs want wants make write draft summarise summarize translate explain check create
    give tell help find use using add remove rewrite reply respond send email letter phone call called tel mobile
    address postcode dob nino nhs ni number name mr mrs ms miss mx dr prof cllr councillor monday tuesday wednesday
    thursday friday saturday sunday january february march april june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec today tomorrow yesterday also then there here now just only very
    so because after before since until while during about into over under again new old first second third last next
    council officer officers manager head director chief executive mayor leader chair chairman cabinet member deputy
    assistant senior principal lead housing planning benefits benefit tax revenues legal finance hr it pa democratic
    licensing parking waste environmental health social care services service customer case claim application
    application's applicant tenant landlord claimant resident residents customer's client patient pupil child children
    parent parents mother father mum dad son daughter brother sister husband wife partner carer carers neighbour
    neighbours school teacher doctor gp police court judge counsel solicitor agent owner driver keeper witness caller
    adv cust agent's said says asked told rang wrote lives lived drives works is's signed confirmed none unknown n/a
    nhs dwp hmrc dvla gdpr foi dpia sar eir atrs pdf csv json xml sql html api url http https www true false null
    british english french german polish romanian welsh scottish irish european catholic muslim christian jewish hindu
    sikh god christmas easter bank holiday minutes agenda item items appendix annex section part paragraph page table
    figure form total summary background purpose action actions present apologies attendees attachment attachments
    their's mother's whose whom another other others one two three four five six seven eight nine ten each every any
    some both either neither more most less least many much few own same such than too out up down off above below
    feedback review meeting interview panel visit assessment referral decision complaint objection appeal request
    je mijn geachte monsieur madame dzień dobry stimate proszę lord deal ward mgmt exec lt col capt sgt insp supt retd lado iro
    query question answer response update advert adverts press release caption post tweet page website guidance
    """.split()
)
"""Words that never begin or end a name, whatever their capitals."""

NOT_A_FORENAME = frozenset(
    """mental physical full part time payment payments invoice account balance weekly monthly annual daily temporary
    permanent private public social national local central government state royal mail post office emergency urgent
    important confidential sensitive official restricted draft final version copy original signed date time place
    reason reasons details detail information data record records file files document documents list schedule budget
    cost costs price fee fees charge charges rate rates tax rent arrears debt loan grant grants income expenditure
    internal external noise bin bins refuse recycling rubbish garden blue badge red green amber yellow black white
    universal credit allowance pension support living personal independence attendance disability carer's overpayment
    homelessness tenancy eviction possession notice order warrant fine penalty ticket permit licence license
    certificate passport card visa mastercard amex debit barcode unleaded diesel fuel vat gross net sum
    spring summer autumn winter morning afternoon evening night noon midnight week month year
    gold silver bronze
    question sure nothing something anything everything someone somebody anyone anybody nobody
    currently recently previously really actually probably perhaps maybe however therefore although though
    left right back home away late early due done going getting being having making taking coming working living
    still never always often sometimes already almost nearly quite rather even ever once twice
    good bad great nice better worse big small little large long short young elderly
    adhd copd ptsd hiv aids ms dementia cancer asthma autism anxiety depression stroke diabetes epilepsy
    upn utr uprn mpan iban bic vrm pcn vin ip mac id pin otp lado mash camhs nrm iro lac send ehcp asb dfg lha uc pip esa jsa
    """.split()
)
"""Words that, alone, are not a name even where one is expected."""


PLACES = frozenset(
    """maidstone swale tunbridge wells tonbridge kent medway sittingbourne faversham sheerness sheppey minster queenborough
    allington barming bearsted boxley bredhurst broomfield coxheath detling downswood fant farleigh harrietsham headcorn heath
    hollingbourne hucking hunton kingswood langley leeds lenham linton loose marden nettlestead otterden parkwood penenden
    senacre shepway stansted staplehurst stockbury sutton chart valence teston thurnham tovil ulcombe warmlake eton wateringbury wormshill
    yalding boughton monchelsea malherbe east west north south bapchild bobbing borden bredgar doddington eastchurch eastling
    graveney hartlip iwade kemsley leysdown luddenham lynsted milstead milton regis murston newington newnham norton oare
    ospringe rodmersham selling sheldwich stone throwley tonge tunstall upchurch warden halstow lower upper teynham rainham
    paddock rusthall southborough speldhurst pembury hawkhurst cranbrook goudhurst benenden sandhurst brenchley matfield
    horsmonden lamberhurst capel frittenden bidborough ashurst groombridge langton green sissinghurst chatham gillingham
    rochester strood gravesend dartford sevenoaks ashford canterbury dover folkestone thanet margate ramsgate broadstairs
    whitstable herne bay deal sandwich hythe aylesford ditton larkfield malling snodland kings hill leeds london england
    wales scotland ireland britain europe france germany poland romania""".split()
)
"""Places in and around the three boroughs. A name made of these alone is a place; some are surnames too."""

SHOPS = frozenset(
    "shell esso texaco gulf murco tesco asda aldi lidl morrisons sainsburys sainsbury's waitrose iceland boots argos "
    "screwfix toolstation halfords greggs mcdonalds wetherspoons travelodge".split()
)
"""Chains of pumps, shops and inns that a receipt or a statement names with the place: "SHELL BAPCHILD"."""

BRANDS = frozenset(
    line.strip()
    for line in """ann summers
    h. samuel
    h samuel
    claire
    claire's
    clarks
    hobbs
    wilko
    patisserie valerie
    holland & barrett
    john lewis
    marks & spencer
    marks and spencer
    ted baker
    paul smith
    laura ashley
    jack wills
    tommy hilfiger
    calvin klein
    hugo boss
    harvey nichols
    w h smith
    wh smith
    jack daniel
    jack daniel's
    captain morgan
    johnnie walker
    james martin
    ben sherman
    fred perry
    charles tyrwhitt
    thomas cook
    lloyds
    barclays
    shelter
    samaritans
    balfour beatty
    mott macdonald
    grant thornton
    charles rolls
    winston churchill
    churchill
    charles dickens
    dickens
    jane austen
    william shakespeare
    shakespeare
    victoria
    queen victoria
    elizabeth
    garibaldi
    battenberg
    jesus christ superstar
    jesus christ
    shirley valentine
    educating rita
    father christmas
    santa
    mary rose
    rolls royce
    rolls-royce""".splitlines()
)
"""Firms, products, works and people of the past that a model takes for somebody's name."""
