"""Forenames that one person may be called by: short forms, spellings, transliterations.

A table of our own, for searching: a search for one name of a line also looks for the others. It is used on the words
that are searched for only, so adding a line makes older records findable by it at once. Folded to lower case without
accents; a name may stand in several lines.
"""

from collections import defaultdict
from collections.abc import Mapping

_LINES = """
aaron arron aron
abdul abdal abdel
abdullah abdallah abdulla abdalla
abigail abi abby abbie gail
adrian adrien adrianne ady
agnieszka aga agnes
ahmed ahmad ahmet achmed
aidan aiden aedan
ainsley ainslie
aisha ayesha aysha aicha aishah
aishling aisling ashling ashlyn
alan allan allen alun al
aleksandra alexandra ola sandra alex alexa sasha
alexander aleksander aleksandr alex alec sandy sasha alasdair alistair xander
alfred alf alfie fred
ali aly
alison allison ali
amanda mandy
andrew andy drew andrzej andrei andrey andreas
angela angie ange
ann anne anna annie annette hannah ana
anthony antony tony anton antonio
antonia toni
arthur art artur
barbara barb babs barbra
beata beate bea
beatrice bea beatrix trixie
benjamin ben benji benny
bernadette bernie berni
bernard bernie
bethany beth bethan
bogdan bohdan
brendan brandon
brenda bren
brian bryan
bridget brigid bridie brigitte
bronagh bronach brona
caitlin kaitlin katelyn caitlyn kaitlyn
caoimhe keeva kiva
carl karl
caroline carolyn carol caz carrie
catherine katherine kathryn catharine katharine katarzyna kasia kate katie kathy cathy cath kath kitty kat catriona
charles charlie chas chuck karol
charlotte charlie lottie char
christian kristian chris
christine christina kristina krystyna chris chrissie tina kirsten kirsty
christopher chris kris krzysztof kit topher
ciara keira kiera ciera
ciaran kieran keiran
clare claire clara clair
colin col
connor conor
craig greg
daniel dan danny daniil
danielle dani danielle
daria darya dasha
darren daz
david dave davy dawid dai davey
deborah debra debbie deb debs
declan deklan
denise den
dennis denis den
derek derrick del
diane diana dianne di
dmitri dmitry dmytro dimitri dima
dominic dominik dom
donald don donnie
dorothy dot dolly dottie
douglas doug dougie
duncan dunc
edward eddie ed ted teddy ned edek
eileen aileen
eleanor ellie nell elinor eleanora elena nora
elizabeth elisabeth elzbieta liz lizzie beth betty eliza libby lisa bess elspeth
emily em emilia emmy
emma em
eoin owen eoghan euan ewan ewen
eric erik
evelyn evie eve
ewa eva eve
fatima fatimah fatema
fiona fi
florence flo florrie
frances fran franny frankie francesca
francis frank frankie franciszek
frederick fred freddie freddy fredrick
gabriel gabe gabriele
gareth gaz garth
gary garry gaz
geoffrey jeffrey geoff jeff
george georgie jerzy georgi gheorghe yuri
georgina georgie gina georgia
gerald gerry jerry gerard
gillian jill gill gilly jillian
giovanni john gianni
gordon gord
graham graeme grahame
grainne grania grace
gregory greg grzegorz gregor
gurpreet preet gurprit
hannah hanna
harold harry hal
harriet hattie harri
heather hev
helen helena ellen elena nell olena
henry harry hal henryk hank
hugh hughie huw
hussein husain hussain hossein hussayn hasan
ian iain
ibrahim ebrahim abraham
irene irena rene
isabel isabelle isobel isabella izzy bella belle ishbel
iwona yvonne ivona
jacek jack
jacob jakub jake kuba yakub
jacqueline jackie jacqui jacquie jaqueline
jagdeep jag
james jim jimmy jamie jamey jem
jan john ian
jane janie jayne jaine janey
janet jan
janice jan janis
jason jase jay
jean jeannie jeanette jeanne
jennifer jen jenny jenni jenna
jeremy jez jerry
jessica jess jessie
joan joanie
joanna joanne jo joann johanna
joseph joe joey josef jozef jo yusuf josh
josephine jo josie jozefina
joshua josh
john jon johnny johnnie jack sean shaun shawn ivan jonny
jonathan jon jonny jonathon johnathan
judith judy jude judi
julia julie jules juliet julita
julian jules
karen karin caren
kathleen kath kathy cathleen kay
kelly kelley kellie
kenneth ken kenny
kevin kev
khadija khadijah kadija
kimberley kimberly kim
krishna krishnan
laura laurie lauren loren
lawrence laurence larry laurie lorenzo wawrzyniec
leonard len lenny leo leon
leslie lesley les
lewis louis louie lou luis
lilian lillian lily lil
linda lynda lin lynn lyn lynne
louise lou louisa luiza
lucy lucie lucia lucinda
luke lukasz lucas lukas
lydia lidia
maciej matthew matt
madeleine madeline maddie maddy
magdalena magda maggie
malcolm mal malc
malgorzata margaret gosia
marcus mark marc marek markus
margaret maggie meg peggy marge margie margery greta rita mags mairead
marian marianne marion
maria mary marie mariya marya miriam maryam mariam may molly moira maire
martin marty marcin martyn
matthew matt matty mateusz mathew matthias
maureen mo maura
maurice morris mo
maxwell max maximilian maksymilian
melanie mel
melissa mel lissa
michael mike mick micky mikey michal mihai mikhail mykhailo misha michel
michelle shell shelley michele
mohammed mohammad mohamed mohamad muhammad muhammed mohamud muhamed mahomed mo mohd mehmet
mustafa mostafa mustapha
natalie nat natalia natasha nathalie natalya
nathan nathaniel nat nate
neil neal niall
niamh neve nieve neave
nicholas nick nicky nicolas nikolai mykola nikolas mikolaj klaus nico
nicola nicky nikki nicole nic
nigel nige
norman norm
oleksandr alexander sasha
oliver ollie olly
olivia liv livvy
oluwaseun seun
omar umar omer
oscar oskar
padraig patrick paddy padraic
pamela pam
patricia pat patsy tricia trish patti
patrick pat paddy patryk padraig rick
paul pawel pavel pavlo
pauline paulina paula
penelope penny
peter pete piotr petr petro pyotr pedro pieter
philip phillip phil filip
philippa pippa pip philipa
piotr peter
rachel rachael rach raquel
raymond ray
rebecca becky becca rebekah bex
reginald reg reggie
rhys reece rees reese
richard rich richie rick ricky dick ryszard
robert rob bob bobby robbie bert robin
roderick rod roddy
rodney rod
roger rodge
roisin rosheen
ronald ron ronnie
rosemary rose rosie
rupert robert
russell russ
saoirse sersha
saeed said sayed sayeed syed
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sara sally sadie
sebastian seb bas
sharon shaz
shaun sean shawn shane
sheila shelagh sheelagh
shirley shirl
sian shan jane
sidney sydney sid syd
silvia sylvia
simon si szymon
sinead shinead jane
siobhan shevaun shivaun shevon chevonne joan siobhain
sofia sophia sophie zofia sofie
stanley stan stanislaw
stanislaw stan
stefan stephen
stephanie steph stefania stefanie
stephen steven steve stevie stefan szczepan stephan
stuart stewart stu
susan sue susie suzanne suzie susannah sukie zuzanna
sushma sushila
svetlana svitlana sveta
tadeusz thaddeus tad
tamsin tammy
tatiana tatyana tanya tania
teresa theresa terry tess tessa
terence terry terrance terrence
thomas tom tommy tomasz thom tomas
timothy tim timmy
tracy tracey trace
tyrone ty
usman osman uthman othman
valerie val
vanessa nessa
veronica veronika ronnie weronika
victor viktor vic wiktor
victoria vicky vicki tori wiktoria viktoria vikki
vincent vince vinny
violet vi
virginia ginny
vladimir volodymyr vova
walter wally walt
wayne wain
wendy wend
wilfred wilf
william bill billy will willie liam wilhelm guillaume
winifred win winnie freda
wojciech wojtek
yasmin jasmine yasmeen yasmine jasmin
yousef yusuf yousuf youssef yusef joseph
yvonne von
zachary zach zack zac zak
zainab zaynab zeinab zaineb
zoe zoey zowie
"""


def _table() -> Mapping[str, frozenset[str]]:
    others: dict[str, set[str]] = defaultdict(set)
    for line in _LINES.split("\n"):
        names = line.split()
        for name in names:
            others[name].update(names)
    return {name: frozenset(group - {name}) for name, group in others.items()}


_OTHERS = _table()


def other_forenames(name: str) -> frozenset[str]:
    """What else somebody with this forename (folded) may be called; without the name itself."""
    return _OTHERS.get(name, frozenset())
