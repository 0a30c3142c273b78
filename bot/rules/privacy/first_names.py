"""Floor 1: common first names, many languages, folded to ASCII: evidence that a capitalised word is a person.

Names that are also everyday words (Will, Mark, Grant …) stand apart: alone they are no evidence.
"""

from __future__ import annotations

from bot.rules.privacy.listed import listed

_NAMES = """
    aaron abby abdul abdullah abhishek abigail adam adela adele aditi aditya adrian adriana adrien agata
    agnes agnieszka ahmad ahmed aidan aiko aisha aishwarya ajay akash akira akshay alain alan alana alba
    albert alberto alejandra alejandro aleksandr aleksandra alessandra alessandro alessia alex alexa
    alexander alexandra alexandre alexei alexey alexis alfonso alfred alfredo ali alice alicia alina alisa
    alison allan allison alma alvaro alyssa amanda amar amara amber amelia amelie amina amir amit amita amol
    amy ana anand ananya anastasia anders anderson andre andrea andreas andrei andrej andres andrew andrey
    andrzej andy angel angela angelica angelina angelo angus anika anil anita anja anjali ankit ankur ann
    anna annabel anne annette annie annika anthony antoine anton antonia antonio anupam anurag anya april
    arash ari ariana ariel arjun arlene armando arnaud arnav arnold arthur artur arturo arun aruna arvind
    asha ashish ashley ashok ashwin asif astrid atul audrey aurelie aurora austin ava avery avi axel aya
    ayaan ayesha ayumi azadeh bartosz bastian beata beatrice beatriz becky ben benedict benjamin benoit
    bernadette bernard bernd bernice bert beth bethany betty bianca bill billy bjorn blanca bob bobby bogdan
    boris brad bradley brandon brendan brent brett brian brianna bridget brigitte brooke bruce bruno bryan
    bryce byron caleb calvin cameron camila camille candice cara carina carl carla carlo carlos carmen carol
    carole carolina caroline carolyn carrie casey cassandra catalina catarina caterina catherine cathy
    cecilia cecile cedric celia celine cesar chad chandra chantal charles charlie charlotte chelsea chen
    cheryl chiara chinonso chinwe chloe chris christa christian christina christine christoph christophe
    christopher christy ciara cindy claire clara clarissa claude claudia claudio clement clive cody colin
    colleen connie connor conor constance constantin cora corey corinna corinne craig cristian cristiano
    cristina crystal curtis cynthia cyril dagmar daisuke dale dalia damian damien damon dan dana daniel
    daniela daniele danielle danilo danny daphne daria darius darlene darrell darren dave david davide dawid
    dawn dean deborah debbie deepa deepak deepika deirdre delia denis denise dennis derek deshawn desiree
    devin devon dhruv diana diane didier diego dieter dimitri dina dinesh dirk divya dmitri dmitry dolores
    dominic dominik dominika dominique don donald donna dora doris dorothea dorothy doug douglas duncan
    dustin dwayne dylan ebony eddie edgar edith edmund eduard eduardo edward edwin eileen ekaterina elaine
    eleanor elena eleni elias elif elina elisa elisabeth elise eliza elizabeth ella elle ellen ellie elliot
    elliott eloise elsa elvira emanuel emeka emil emile emilia emilie emilio emily emma emmanuel enrico
    enrique eoin erica eric erich erik erika erin ernest ernesto erwin esra esteban estelle esther ethan
    eugene eugenia eva evan evelyn evgeny ewa ezra fabian fabien fabio fabrice faisal farah farid fatima
    fatma federica federico felicia felipe felix ferdinand fernanda fernando fiona flavia florence florian
    florin frances francesca francesco francine francis francisco francois franco frank frankie franz fred
    freddie frederic frederick frederik frida friedrich fumiko gabriel gabriela gabriele gabriella gail
    gareth gary gaurav gavin gemma genevieve geoff geoffrey george georgia georgina gerald gerard gerd
    gerhard german gert gianluca gilbert gilles gina giorgio giovanna giovanni gita giulia giuseppe gladys
    glen glenn gloria gonzalo gordon graham greg gregor gregory greta grzegorz guido guillaume guillermo
    gunter gustav gustavo guy gwen hadi hakan hamza hanna hannah hannes hans harald hari harold haris harish
    harriet harry harsh haruki haruto harvey hasan hassan heather hector heidi heinrich heinz helen helena
    helene helga helmut hendrik henri henrietta henrik henry herbert herman hiro hiroshi holger holly hongyi
    horst howard hubert hugo humberto hussein ian ibrahim ida ignacio igor ikram ilaria ilse ilya imran ines
    inga inge ingrid irena irene irina iris irving isaac isabel isabella isabelle isla ismail istvan ivan
    ivana ivo jack jackie jaclyn jacob jacqueline jacques jaime jake jakob jakub jamal james jamie jan jana
    jane janet janice janine janis jared jarek jaroslav jasmin jasmine jason javier jay jayant jean jeanette
    jeanne jeff jeffrey jelena jenna jennifer jenny jens jeremy jerome jerry jesper jesse jessica jessie
    jesus jia jiang jill jim jimmy jin jing jiri jitendra joachim joan joana joann joanna joanne joao
    joaquin jochen jodie joe joel joelle joerg johan johann johanna johannes john johnny jolanta jon jonas
    jonathan jordan jorge jorg jose josef josefina joseph josephine josh joshua joy joyce juan juana juanita
    judith judy julia julian juliana julie julien juliet julio julius jun jung junko jurgen justin justine
    kacper kai kaitlyn kamal kamala kamil kana karan kareem karel karen karim karin karina karl karla
    karolina karthik kasia katarina kate katerina katharina katherine kathleen kathrin kathryn kathy katia
    katie katja katrin katrina katya kaveh kavita kavya kayla keiko keith kelly kelsey ken kendra kenji
    kenneth kenta kerry kevin khadija khalid kieran kim kimberly kiran kirsten kirsty klara klaus koji
    konrad konstantin kristen kristian kristin kristina kristof krishna krystyna krzysztof kumar kunal kurt
    kwame kyle kylie kyoko lance lara larissa larry lars laszlo latoya laura lauren laurence laurent laurie
    lea leah leandro leila leilani lena lenka leo leon leona leonard leonardo leonie leonor leroy leslie
    leticia lewis liam liang lidia lien lilian liliana lillian lily lin lina linda lindsay lindsey ling
    linus lionel lisa liu livia liz lloyd lois lola lorena lorenzo loretta lori lorraine lothar lou louis
    louisa louise luc luca lucas lucia luciana luciano lucie lucien lucinda lucy ludmila ludovic ludwig luis
    luisa luiz lukas lukasz luke lydia lynn maciej mackenzie maddie madeleine madhavi madison magda
    magdalena magnus mahesh mahmoud maja makoto malcolm malgorzata malik malin mandy manfred manish manoj
    manon manuel manuela marc marcel marcela marcello marcia marcin marco marcos marcus marek margaret
    margarita margot maria mariam mariana marianne marie mariia marija marika marilyn marina mario marion
    marisa marisol marissa marius mariusz marjorie marlene marta martha martin martina marvin mary maryam
    masha massimo mateo mateusz mathias mathieu mathilde matias matilda matt matteo matthew matthias
    matthieu maureen maurice mauricio maurizio max maxim maxime maximilian maya mayumi megan mehdi mehmet
    mei meike melanie melinda melissa mercedes meredith mia micaela michaela michael michal micheal michele
    michelle miguel mika mikael mike mikhail mikko milan milena milos mina minh ming miranda miriam miroslav
    misaki mitchell moana mohamed mohammad mohammed mohan mohit moira molly mona monica monika monique
    morgane moritz morten moses mostafa muhammad murali murat murray musa mustafa myriam nadia nadine nadja
    naomi naoko nasrin natalia natalie natasha nathalie nathan nathaniel naveen neha neil nelson nestor
    ngozi nguyen nicholas nick nicky nico nicola nicolai nicolas nicole nidhi niels nigel nikhil nikita
    nikki niklas nikola nikolai nikolaus nikos nils nina nirav nishant nisha nithya noa noah noel noemi nora
    norbert norma norman nuno obinna octavia odette oksana olaf oleg oleksandr olena olga olivia olivier
    oliver oluwaseun omar oriana oscar oskar osman otto owen pablo padma paige palak pam pamela paola paolo
    parisa pascal pat patricia patricio patrick patrik paul paula pauline pavel pawel pedro peggy penelope
    penny per percy peter petr petra phil philip philipp philippe phillip phoebe pia pierre pieter pilar
    pooja prabhu pradeep prakash pranav prasad prashant pratik praveen preeti prem priscilla priya priyanka
    qing quentin rachel radek rafael rafal raghav rahul rainer raj raja rajat rajeev rajesh rakesh ralf
    ralph ram raman ramesh ramon ramona rana randall randy ranjit raoul raphael raquel rashid raul ravi ray
    raymond rebecca regina reinhard rekha remy renata renate rene renee renu reto ricardo riccardo rich
    richard rick ricky riley rina rita ritu robert roberta roberto robin robyn rocio rod roderick rodney
    rodolfo rodrigo roger rohan rohit roland rolf roman romain romana ron ronald ronan ronja ronnie rory
    rosa rosalie rosanna rosario rosemary roshan ross rowan roxana roxanne roy ruben rubina rudolf rui
    rupert russell ruth ryan ryoko ryota sabina sabine sabrina sachin sadia sakura salma salman salvador
    salvatore sam samantha samir samira samuel sandeep sandra sandro sandy sangeeta sanjay sanjeev santiago
    sara sarah sarita sasha satoshi saul saurabh scott sean sebastian sebastien selena selim selina selma
    serena serge sergei sergey sergio seth severine seyed shalini shane shanika shannon shantanu sharon
    shaun shauna shawn sheila shelby shelley sheng sherry shilpa shinji shirin shirley shivam shiv shobha
    shoko shreya shruti shubham shweta sibylle sidney siegfried sigrid silke silvia silvio simon simona
    simone sinead siobhan slawomir sneha sofia sofie solange sonia sonja sonya sophia sophie soren soumya
    srinivas sriram stacey stacy stanislav stanley stefan stefania stefanie stefano steffen stella stephan
    stephane stephanie stephen steve steven stewart stuart subramanian sudha sudhir suki suman sumit sunil
    sunita suraj suresh surya susan susana susanne sushma suzanne suzuki sven svetlana swati sybille sylvain
    sylvia sylvie taavi tadashi tadeusz takashi takeshi takumi tamara tamas tanja tanvi tanya tara tariq
    tarun tatiana tatyana ted temitope teodor terence teresa terri terrence terry tess tessa thanh theo
    theodor theodore theresa therese thierry thiago thomas thorsten tiago tiffany tim timo timothy tina
    tobias toby todd tomas tomasz tomoko toni tonya tony torben torsten toshiko tracey tracy travis trevor
    trina tristan troy tsubasa tyler ulrich ulrike uma umar umesh ursula usha uwe vaclav valentin valentina
    valeria valerie valerio vanessa varun vasily vera verena vernon veronica veronika veronique vicki vicky
    victor victoria vidya vijay vikas vikram viktor viktoria vinay vincent vincenzo vineet vinod violet
    virginia virginie vishal vivek vivian viviana vivien vladimir vlad volker wade walter wanda wang wayne
    wei wendy werner wesley whitney wiebke wilfried wilhelm willem william wojciech wolfgang xavier xiang
    xiao xiaoming xin xinyi yael yan yang yann yannick yara yash yasmin yasmine yasuko yi ying yiannis
    yogesh yohan yoko yolanda yosef yoshiko yousef yuan yui yuki yuko yulia yuri yusuf yvette yvonne zachary
    zahra zainab zara zbigniew zdenek zeynep zhang zhen zoe zofia zoltan zsofia zuzana chidi chukwu folake
    kofi kwabena ama abena akosua nia tunde wangari wanjiru amadi thabo sipho lerato nomsa zanele zola
    """

#: first names that are also everyday words or product names: evidence only beside a cue
EVERYDAY_NAMES = listed("""german roman pascal ram claude elif leo maxim julian chad ann guido seth

    will mark grant rose bill may june april august rich chase hope faith grace joy jack robin art ray drew
    dale wade pat miles penny ruby pearl amber ivy iris olive hazel heather crystal chance field young frank
    gene dawn summer autumn sky angel jade jasmine opal violet lily daisy holly basil ginger sandy randy
    rusty stormy max guy rob bob sue nick don lance pierce rod cliff chuck skip buck duke earl king bishop
    dean cody jordan austin dallas phoenix madison kim tony max jean mason carter tyler hunter archer fisher
    baker cooper parker porter taylor turner spencer walker page ward west dan sonny star victor norm norman
    harry tom dick page ross jim josh travis sherlock jenkins jasper aurora echo luna stella terra alma alex
    sam an in so ali li yang per jin jan jun jing ming ling wei liu lin chen min sun ken ben art
    """)

FIRST_NAMES: frozenset[str] = listed(_NAMES) - EVERYDAY_NAMES
