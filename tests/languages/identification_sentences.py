"""Texts by language, written for the tests: short ones of two to four words, and sentences of other languages."""

SHORT = {
    "ca": """
Bon dia
Moltes gràcies
Què vols sopar?
No ho sé
Tanca la porta
Vull aprendre anglés
Quina hora és?
Fins demà
On viuen els pingüins?
Demà plourà molt
Una recepta de paella
Escriu un poema
Conta'm un acudit
Ajuda'm amb açò
Gràcies per tot
La capital de França
El meu gos lladra
Els xiquets juguen
Com estàs hui?
Tinc molta fam
Això no funciona
Per què plou?
Resumix este text
Resumeix aquest article
Dos bitllets, per favor
El cel és blau
Una taula per a quatre
Corregix les faltes
Quants anys tens?
Qui va guanyar ahir?
La llengua dels pobles
Fes una llista
Dis-me la veritat
Estic molt cansat
Cançons de bressol
Plats sense gluten
Els drets humans
Ciutats amb platja
Un viatge barat
Història de la ciutat
""",
    "es": """
Buenos días
Muchas gracias
¿Qué quieres cenar?
No lo sé
Cierra la puerta
Quiero aprender inglés
¿Qué hora es?
Hasta mañana
¿Dónde viven los pingüinos?
Mañana lloverá mucho
Una receta de paella
Escribe un poema
Cuéntame un chiste
Ayúdame con esto
Gracias por todo
La capital de Francia
Mi perro ladra
Los niños juegan
¿Cómo estás hoy?
Tengo mucha hambre
Esto no funciona
¿Por qué llueve?
Resume este texto
Resume el artículo
Dos billetes, por favor
El cielo es azul
Mesa para cuatro
Corrige las faltas
¿Cuántos años tienes?
¿Quién ganó ayer?
La lengua del pueblo
Haz una lista
Dime la verdad
Estoy muy cansado
Canciones de cuna
Platos sin gluten
Los derechos humanos
Ciudades con playa
Un viaje barato
Historia de la ciudad
""",
    "en": """
Good morning
Thank you so much
What's for dinner?
I don't know
Close the door
Learning French quickly
What time is it?
See you tomorrow
Where do penguins live?
It may rain tomorrow
A recipe for paella
Write a poem
Tell me a joke
Help me with this
Thanks for everything
The capital of France
My dog barks
Children are playing
How are you today?
I am very hungry
This does not work
Why does it rain?
Summarise this text
Summarise the article
Two tickets, please
The sky is blue
Table for four
Correct the mistakes
How old are you?
Who won yesterday?
The language of people
Make a list
Tell the truth
So tired today
Songs for bedtime
Gluten free dishes
Human rights matter
Towns near the beach
A cheap trip
History of the town
""",
}

OTHER = {
    "fr": """
Quel temps fait-il aujourd'hui à Lyon ?
Je voudrais réserver une table pour quatre personnes.
Explique-moi comment fonctionne un moteur électrique.
Nous avons visité trois musées pendant le week-end.
Elle travaille dans une petite librairie du centre.
Merci beaucoup pour ton aide, c'est très gentil.
Pourquoi les feuilles tombent-elles en automne ?
Il faut ajouter un peu de sel à la soupe.
Les enfants jouent dans le jardin depuis ce matin.
Écris une lettre de motivation pour ce poste.
Mon frère habite près de la gare avec ses deux chats.
Cette loi a été votée par le parlement hier soir.
Combien de kilomètres y a-t-il jusqu'à la mer ?
On ne peut pas toujours avoir ce que l'on veut.
Le train de sept heures est encore en retard.
Donne-moi trois idées de cadeau pour ma grand-mère.
Je pense que tu devrais lui dire la vérité.
La recette demande six œufs et du beurre.
Quels sont les droits des locataires ?
Ils ont gagné le match à la dernière minute.
""",
    "pt": """
Que tempo faz hoje no Porto?
Gostaria de reservar uma mesa para quatro pessoas.
Explica-me como funciona um motor elétrico.
Visitámos três museus durante o fim de semana.
Ela trabalha numa pequena livraria do centro.
Muito obrigada pela ajuda, foste muito simpático.
Porque é que as folhas caem no outono?
É preciso juntar um pouco de sal à sopa.
As crianças estão a brincar no jardim desde manhã.
Escreve uma carta de apresentação para este emprego.
O meu irmão mora perto da estação com dois gatos.
Esta lei foi aprovada ontem à noite no parlamento.
Quantos quilómetros são até ao mar?
Nem sempre podemos ter aquilo que queremos.
O comboio das sete está outra vez atrasado.
Dá-me três ideias de presente para a minha avó.
Acho que devias dizer-lhe a verdade.
A receita leva seis ovos e manteiga.
Quais são os direitos dos inquilinos?
Eles ganharam o jogo no último minuto.
""",
    "it": """
Che tempo fa oggi a Torino?
Vorrei prenotare un tavolo per quattro persone.
Spiegami come funziona un motore elettrico.
Abbiamo visitato tre musei durante il fine settimana.
Lei lavora in una piccola libreria del centro.
Grazie mille per l'aiuto, sei stato gentilissimo.
Perché le foglie cadono in autunno?
Bisogna aggiungere un po' di sale alla zuppa.
I bambini giocano in giardino da stamattina.
Scrivi una lettera di presentazione per questo lavoro.
Mio fratello abita vicino alla stazione con due gatti.
Questa legge è stata approvata ieri sera dal parlamento.
Quanti chilometri ci sono fino al mare?
Non si può sempre avere quello che si vuole.
Il treno delle sette è di nuovo in ritardo.
Dammi tre idee di regalo per mia nonna.
Penso che dovresti dirle la verità.
La ricetta richiede sei uova e del burro.
Quali sono i diritti degli inquilini?
Hanno vinto la partita all'ultimo minuto.
""",
    "gl": """
Que tempo vai hoxe na Coruña?
Quería reservar unha mesa para catro persoas.
Explícame como funciona un motor eléctrico.
Visitamos tres museos durante a fin de semana.
Ela traballa nunha pequena libraría do centro.
Moitas grazas pola axuda, fuches moi amable.
Por que caen as follas no outono?
Hai que lle botar un pouco de sal á sopa.
Os nenos xogan no xardín desde esta mañá.
Escribe unha carta de presentación para este emprego.
O meu irmán vive preto da estación con dous gatos.
Esta lei foi aprobada onte á noite no parlamento.
Cantos quilómetros hai ata o mar?
Non sempre se pode ter o que un quere.
O tren das sete chega outra vez tarde.
Dáme tres ideas de agasallo para a miña avoa.
Coido que deberías dicirlle a verdade.
A receita leva seis ovos e manteiga.
Cales son os dereitos dos inquilinos?
Gañaron o partido no derradeiro minuto.
""",
    "de": """
Wie ist heute das Wetter in Bremen?
Ich möchte einen Tisch für vier Personen reservieren.
Erkläre mir, wie ein Elektromotor funktioniert.
Am Wochenende haben wir drei Museen besucht.
Sie arbeitet in einer kleinen Buchhandlung in der Stadt.
Vielen Dank für deine Hilfe, das ist sehr nett.
Warum fallen im Herbst die Blätter?
Man muss etwas Salz in die Suppe geben.
Die Kinder spielen seit heute früh im Garten.
Schreibe ein Bewerbungsschreiben für diese Stelle.
Mein Bruder wohnt mit zwei Katzen am Bahnhof.
Dieses Gesetz wurde gestern Abend beschlossen.
Wie viele Kilometer sind es bis zum Meer?
Man kann nicht immer haben, was man will.
Der Zug um sieben hat schon wieder Verspätung.
Nenne mir drei Geschenke für meine Oma.
Ich finde, du solltest ihr die Wahrheit sagen.
Für das Rezept braucht man sechs Eier und Butter.
Welche Rechte haben Mieter?
Sie haben in letzter Minute gewonnen.
""",
    "ro": """
Cum este vremea astăzi la Cluj?
Aș vrea să rezerv o masă pentru patru persoane.
Explică-mi cum funcționează un motor electric.
Am vizitat trei muzee la sfârșitul săptămânii.
Ea lucrează într-o librărie mică din centru.
Mulțumesc mult pentru ajutor, ești foarte amabil.
De ce cad frunzele toamna?
Trebuie să adaugi puțină sare în supă.
Copiii se joacă în grădină de azi-dimineață.
Scrie o scrisoare de intenție pentru acest post.
Fratele meu locuiește lângă gară cu două pisici.
Legea aceasta a fost votată aseară în parlament.
Câți kilometri sunt până la mare?
Nu poți avea întotdeauna ceea ce vrei.
Trenul de la ora șapte întârzie din nou.
Dă-mi trei idei de cadou pentru bunica mea.
Cred că ar trebui să îi spui adevărul.
Rețeta are nevoie de șase ouă și unt.
Care sunt drepturile chiriașilor?
Au câștigat meciul în ultimul minut.
""",
    "eu": """
Zer eguraldi egiten du gaur Donostian?
Lau lagunentzako mahaia hartu nahi nuke.
Azaldu iezadazu nola dabilen motor elektriko bat.
Asteburuan hiru museo ikusi ditugu.
Liburu-denda txiki batean egiten du lan.
Eskerrik asko laguntzagatik, oso jatorra zara.
Zergatik erortzen dira hostoak udazkenean?
Zopari gatz pixka bat bota behar zaio.
Haurrak lorategian ari dira jolasean goizetik.
Idatzi aurkezpen-gutun bat lanpostu honetarako.
Nire anaia geltoki ondoan bizi da bi katurekin.
Lege hau atzo gauean onartu zuten.
Zenbat kilometro daude itsasoraino?
Ezin da beti nahi dena eduki.
Zazpietako trena berriro berandu dator.
Esadazkidazu hiru opari amonarentzat.
Uste dut egia esan beharko zeniokeela.
Errezetak sei arrautza eta gurina behar ditu.
Zein dira maizterren eskubideak?
Azken minutuan irabazi zuten partida.
""",
    "nl": """
Wat voor weer is het vandaag in Utrecht?
Ik wil graag een tafel voor vier personen reserveren.
Leg me uit hoe een elektrische motor werkt.
We hebben dit weekend drie musea bezocht.
Zij werkt in een kleine boekwinkel in het centrum.
Heel erg bedankt voor je hulp, dat is aardig.
Waarom vallen de bladeren in de herfst?
Je moet een beetje zout aan de soep toevoegen.
De kinderen spelen al sinds vanochtend in de tuin.
Schrijf een brief om op deze baan te solliciteren.
Mijn broer woont met twee katten bij het station.
Deze wet is gisteravond aangenomen.
Hoeveel kilometer is het naar de zee?
Je kunt niet altijd krijgen wat je wilt.
De trein van zeven uur is weer te laat.
Geef me drie ideeën voor een cadeau voor oma.
Ik vind dat je haar de waarheid moet zeggen.
Voor het recept heb je zes eieren en boter nodig.
Welke rechten hebben huurders?
Ze wonnen de wedstrijd in de laatste minuut.
""",
}


def each(texts: dict[str, str]) -> list[tuple[str, str]]:
    """(language, text), in the order above."""
    return [(language, line) for language, block in texts.items() for line in block.strip().splitlines()]
