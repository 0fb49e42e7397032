# ruff: noqa: SIM905  word lists read better unbroken
"""Whom and what everybody knows: people of the past, characters, public figures, products and firms. All lower case.

Only what says by itself that nobody of the council's is meant. Whoever shares such a name with many a resident
("Robert Owen") is left out, since dropping a resident's name would be a leak.
"""

KNOWN_WHOLE = frozenset(
    " ".join(
        """ada lovelace; assalamu alaikum; as-salamu alaykum; salaam alaikum; salam alaikum; kia ora;
     agatha christie; alan turing; albus dumbledore; aldous huxley; aleister crowley;
    alexander dennis; alexander fleming; alexander graham bell; alexander pope; alexandre dumas; alfred hitchcock;
    alfred nobel; alfred tennyson; alfred wainwright; algernon swinburne; alice in wonderland; andy warhol;
    aneurin bevan; ann onymous; anne boleyn; anne frank; anne of cleves; anne of green gables; anthony trollope;
    antoni gaudí; antonio vivaldi; aphra behn; arthur conan doyle; arthur ransome; atticus finch; aubrey beardsley;
    augustus pugin; axel scheffler; ayn rand; barack obama; barbara cartland; barbara hepworth; bart simpson;
    basil fawlty; beatrix potter; beau brummell; benjamin britten; benjamin disraeli; bertie wooster;
    bertolt brecht; bertrand russell; betty boop; betty boothroyd; bilbo baggins; billie jean king; billy elliot;
    bo peep; bob cratchit; bob marley; bob the builder; bonnie prince charlie; boris johnson; boys & maughan;
    bram stoker; buddy holly; bugs bunny; buster keaton; c. s. lewis; capability brown; captain hook;
    captain mainwaring; carl jung; carl linnaeus; catherine of aragon; catherine the great; charles darwin;
    charles rennie mackintosh; charlie bucket; charlie chaplin; charlie parker; charlotte bronte; charlotte brontë;
    christabel pankhurst; christina rossetti; christopher columbus; christopher marlowe; christopher robin;
    christopher wren; clara barton; clarice cliff; claude monet; clement attlee; clint eastwood; coco chanel;
    cole porter; colonel mustard;  constance markievicz; count dracula; cruella de vil; cs lewis;
    dame edna; daniel defoe; dante alighieri; dante gabriel rossetti; darth vader; david attenborough;
    david beckham; david bowie; david livingstone; david lloyd george; dennis the menace; derek jarman;
    desperate dan; diana spencer; dick whittington; diego maradona; dj cassidy; doctor who; dolly parton;
    don quixote; donald duck; donald trump; dorian gray; doris lessing; dorothy hodgkin; dorothy wordsworth;
    douglas bader; dr jekyll; dr watson; duke ellington; dusty springfield; dwight eisenhower; dylan thomas;
    e. m. forster; ebenezer howard; ebenezer scrooge; edgar allan poe; edith cavell; edith nesbit; edith piaf;
    edmund halley; edmund hillary; edmund spenser; edward burne-jones; edward elgar; edward hyde; edward jenner;
    edward lear; edwin lutyens; eleanor rigby; eleanor roosevelt; eliza doolittle; elizabeth bennet;
    elizabeth garrett anderson; elizabeth gaskell; ella fitzgerald; elton john; elvis presley; emily bronte;
    emily brontë; emily dickinson; emily wilding davison; emma bovary; emmeline pankhurst;
    emmeline pethick-lawrence; enid blyton; enoch powell; eric morecambe; eric ravilious; ernest hemingway;
    ernest rutherford; ernest shackleton; erno goldfinger; ernő goldfinger; evelyn waugh; evita perón;
    f. scott fitzgerald; fanny burney; father christmas; father ted; ferdinand magellan; fidel castro; fireman sam;
    fitzwilliam darcy; fletcher christian; florence nightingale; florence price; ford madox brown; frank sinatra;
    franklin roosevelt; franz kafka; franz liszt; franz schubert; fred bloggs; freddie mercury; frederic chopin;
    friar tuck; frida kahlo; friedrich engels; friedrich nietzsche; frodo baggins; furley page; galileo galilei;
    general wolfe; geoffrey chaucer; geoffrey of monmouth; george bernard shaw; george frideric handel;
    george gershwin; george gilbert scott; george orwell; george stephenson; george washington; gerald durrell;
    gerard manley hopkins; gertrude bell; gertrude jekyll; gilbert and sullivan; giles gilbert scott;
    giuseppe verdi; grace darling; gracie fields; gregor samsa; greta thunberg;  guglielmo marconi;
    gustav holst; gustav klimt; gustav mahler; guy fawkes; guy of gisborne; h g wells; h. g. wells;
    hans christian andersen; hans holbein; hansel and gretel; harriet tubman; harry potter; hattie jacques;
    heath robinson; hector berlioz; hector guimard; hedda gabler; helen keller; henri matisse; henry fielding;
    henry higgins; henry purcell; henry viii; hercule poirot; hermione granger; hieronymus bosch; hilaire belloc;
    hildegard of bingen; holden caulfield; holland and barrett; holly golightly; homer simpson; horace walpole;
    horatio nelson; howard carter; huckleberry finn; humphrey bogart; humphrey davy; humphry davy; humphry repton;
    humpty dumpty; iggy pop; ignatius sancho; igor stravinsky; immanuel kant; indira gandhi; inigo jones;
    inspector clouseau; inspector morse; iris murdoch; isaac asimov; isaac newton; isaac rosenberg; isaac watts;
    isabella beeton; isambard brunel; isambard kingdom brunel; izaak walton; j s bach; j. b. priestley;
    j. k. rowling; j. m. barrie; j. m. w. turner; j. r. r. tolkien; j.s. bach; jabba the hutt; jack frost;
    jack the ripper; jackson pollock; jacob bronowski; jacob epstein; jacqueline du pré; james clerk maxwell;
    james wolfe; jane doe; jane eyre; jane goodall; jane seymour; jay gatsby; jean valjean; jeremy bentham;
    jeremy corbyn; jeremy paxman; jethro tull; jimi hendrix; jimmy savile; jk rowling; joan of arc; joe bloggs;
    johann sebastian bach; johannes brahms; johannes kepler; johannes vermeer; john ball; john barleycorn;
    john betjeman; john bunyan; john constable; john doe; john everett millais; john f. kennedy; john falstaff;
    john keats; john lennon; john logie baird; john maynard keynes; john milton; john ruskin; john steinbeck;
    john stuart mill; john vanbrugh; john wesley; john wyndham; jonas salk; jonathan swift; joseph bazalgette;
    joseph haydn; joseph paxton; joseph priestley; joseph rowntree; joseph stalin; joseph wright of derby;
    josiah wedgwood; jrr tolkien; judith kerr; judy garland; jules verne; julia donaldson; julian of norwich;
    julius caesar; karl marx; katharine hepburn; katherine mansfield; kathleen ferrier; keir starmer;
    kemi badenoch; kenneth grahame; king arthur; king kong; king lear; kurt vonnegut; kylie minogue; l. s. lowry;
    lady bracknell; lady godiva; lady jane grey; lady macbeth; lancelot brown; lara croft; laurence olivier;
    laurence sterne; lawrence of arabia; le corbusier; lech wałęsa; lemuel gulliver; leo tolstoy; leon trotsky;
    leonard woolf; leonardo da vinci; leopold bloom; lewis carroll; lillie langtry; lise meitner; little nell;
    little red riding hood; liz truss; long john silver; lord byron; lord kitchener; lord lucan; lord nelson;
    louis armstrong; louis braille; louis pasteur; louisa may alcott; ls lowry; lucian freud; ludwig van beethoven;
    ludwig wittgenstein; luke skywalker; lytton strachey; m. r. james; madame bovary; maggi hambling;
    mahatma gandhi; malala yousafzai; malcolm tucker; malcolm x; malorie blackman; man friday; marc bolan;
    marc chagall; marcel duchamp; marcel proust; marcus rashford; margaret thatcher; margot fonteyn;
    marie antoinette; marie curie; marie stopes; marilyn monroe; mark twain; martin luther king; mary anning;
    mary poppins; mary queen of scots; mary seacole; mary wollstonecraft; maurice ravel; max planck; maya angelou;
    melvyn bragg; michael faraday; michael morpurgo; michelle obama; mickey mouse; mikhail gorbachev;
    millicent fawcett; miss havisham; miss marple; moll flanders; mother goose; mother teresa; mr darcy;
    mr micawber; mr toad; mr tumble; mrs beeton; mrs doubtfire; mrs malaprop; mungo park; muriel spark;
    nancy astor; napoleon bonaparte; neil armstrong; nell gwyn; nelson mandela; neville chamberlain;
    nicholas hawksmoor; nicholas nickleby; nicola sturgeon; nicolaus copernicus; niels bohr; nigel farage;
    nikita khrushchev; nikola tesla; nikolaus pevsner; noel coward; noël coward; nye bevan; octavia butler;
    olaudah equiano; old king cole; oliver cromwell; oliver postgate; oliver twist; orson welles; oscar wilde;
    otto von bismarck; ozzy osbourne; p. d. james; p. g. wodehouse; pablo neruda; pablo picasso; paddington bear;
    pam ayres; patrick bateman; paul cézanne; paul gauguin; paul klee; paul mccartney; paul robeson; paula rego;
     peggy ashcroft; pelham humfrey; peppa pig; percy bysshe shelley; peter pan; peter rabbit;
    peter the great; phileas fogg; philip larkin; philip pirrip; philip pullman; pooh bear; postman pat;
    prince albert; prince hamlet; princess diana; punch and judy; pyotr ilyich tchaikovsky; queen boudicca;
    queen elizabeth; queen victoria; quentin blake; quentin crisp; rabindranath tagore; rachel carson;
    rachel whiteread; ralph vaughan williams; raymond briggs; raymond chandler;  rene descartes;
    richard arkwright; richard attenborough; richard dadd; richard dimbleby; richard trevithick; richard wagner;
    ringo starr; rishi sunak; roald amundsen; roald dahl; robbie burns; robert baden-powell; robert falcon scott;
    robert louis stevenson; robert oppenheimer; robert schumann; robin hood; robinson crusoe; roger hargreaves;
    roger rabbit; ron weasley; ronald reagan; rosa parks; rosalind franklin; rudyard kipling;
    s. t. coleridge; saddam hussein; sally bowles; salvador dali; salvador dalí; samuel beckett;
    samuel coleridge-taylor; samuel palmer; samuel pepys; samuel taylor coleridge; samwise gamgee; santa claus;
    sarah siddons; scarlett o'hara; scott joplin; sergei rachmaninov; severus snape; shepherd neame;
    sherlock holmes; shirley valentine; siegfried sassoon; sigmund freud; simon bolivar; simone de beauvoir;
    simone weil; sleeping beauty; snow white; sojourner truth; spike milligan; spring-heeled jack;
    stamford raffles; stan laurel; stanley kubrick; stella gibbons; stephen hawking; sun tzu; sweeney todd;
    sydney carton; sylvia pankhurst; sylvia plath; t s eliot; t. e. lawrence; t. s. eliot; tam o'shanter;
    taylor swift; ted hughes; tennessee williams; terry pratchett; tess durbeyfield; tess of the d'urbervilles;
    thackray williams; thomas becket; thomas chippendale; thomas cubitt; thomas fairfax; thomas gainsborough;
    thomas hobbes; thomas jefferson; thomas malory; thomas more; thomas tallis; thomas telford;
    thomas the tank engine; thomas wolsey; thomas wyatt; thora hird; tim berners-lee; tiny tim; titus oates;
    toni morrison; tony blair; tracey emin; truman burbank; tupac shakur;  ulysses grant; umberto eco;
    uncle tom cobley; uriah heep; ursula le guin; usain bolt; vaclav havel; vasco da gama; vera brittain;
    victor frankenstein; victor hugo; vincent van gogh; virginia woolf; vita sackville-west; vito corleone;
    vivien leigh; vivienne westwood; vladimir lenin; vladimir nabokov; vladimir putin; volodymyr zelensky;
    volodymyr zelenskyy;  w h auden; w. b. yeats; w. g. grace; w. h. auden; w. heath robinson;
    w. s. gilbert; wallace and gromit; walt disney; walt whitman; walter gropius; walter sickert; wat tyler;
    wg grace; whitehead monckton; wile e. coyote; wilfred owen; wilkie collins; william beveridge;
    william butler yeats; william byrd; william caxton; william cobbett; william ewart gladstone;
    william gladstone; william harvey; william hazlitt; william hogarth; william makepeace thackeray;
    william rowan hamilton; william shenstone; william thackeray; william the conqueror; william tyndale;
    william wilberforce; william wordsworth; william wycherley; willy loman; willy wonka; winnie the pooh;
    winston wolf; wislawa szymborska; wisława szymborska; wole soyinka; wolfgang amadeus mozart; woody guthrie;
    xi jinping; yehudi menuhin; yoko ono; yuri gagarin; zadie smith; zaha hadid; ziggy stardust; zinedine zidane;
    zora neale hurston""".split()
    ).split("; ")
)
"""Whole names."""

KNOWN_ALONE = frozenset(
    """adass agresso alexa amex ansible anthropic aquinas aristotle banksy barclays battenberg bayes bazalgette
    beethoven berlingo bilbo botticelli boudica brachers brahms canva caravaggio celsius cezanne chatgpt chaucer
    chekhov chippendale chopin churchill cinderella cipfa civica civicrm clarks cohere confluence confucius
    copernicus copilot corsa cortana darwin deepl deepseek descartes dickens discord disraeli docker docusign
    dostoevsky dracula einstein eisenhower eventbrite facebook fagin fahrenheit falstaff fibonacci figma
    frankenstein freunde frodo gainsborough gandalf gantt garibaldi gatsby gaudí geiger gemini gini godot gollum
    govmetric grammarly granicus grindr grok gruffalo gullands hamlet hawksmoor hazlitt hertz hobbit hobbs hootsuite
    ibsen idox instagram itrent jadu jimny jira kangoo kennzeichen kiddush kubernetes kyocera levenshtein likert
    linkedin liquidlogic lloyds luhn lutyens machiavelli mailchimp maslow meraki micra mistral modern.gov moderngov
    mohs mondeo monzo morrisons mozart netcall nextdoor nietzsche northgate oedipus ofcom ofgem ofsted ofwat ohm
    openai oracle paddington pareto passat pega perplexity pevsner picasso pinocchio plato poirot pomodoro primark
    proust puccini pythagoras qashqai rapunzel reddit reisepass revolut richter roblox rumpelstiltskin sainsbury
    sainsbury's salesforce santa sartre scrooge servicenow shakespeare sharepoint siri snapchat socrates soundex
    splunk sportage strava tableau tchaikovsky telegram terraform tiktok tinder tolkien tolstoy trello turing
    vanbrugh venn verhoeff vermeer vinted vivaldi vivaro voldemort voltaire waterstones webex wedgwood whatsapp
    wilko wittgenstein wodehouse workday xero yaris zellis zendesk zoom""".split()
)
"""One word that says it by itself. Never a common forename or surname."""
