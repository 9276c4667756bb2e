"""Sentences by variety, written for the tests after the rules and never used to write them."""

VALENCIAN = """
Este matí he anat al mercat amb la meua germana i hem comprat tomaques.
Hui fa molta calor i no vull eixir de casa fins a la vesprada.
Vos agraïsc que hàgeu vingut a la reunió de huit a nou.
El servici d'atenció oferix informació sobre els tràmits més habituals.
Els xiquets juguen en la plaça mentres les mares parlen.
Jo pense que la teua proposta és la millor de totes.
Cal que tingues paciència i que no faces cas de les crítiques.
L'ajuntament establix un termini de quinze dies per a presentar al·legacions.
Estudie anglés des de fa cinc anys i ara comence amb el francés.
Si poguera, viuria prop de la mar tot l'any.
Volem que els jóvens coneguen la història del seu poble i la sàpien contar.
Esperem que la seua estada siga agradable i que vullga tornar.
Ací no trobaràs res paregut; hauràs d'anar a València.
La meua iaia sempre torcava la taula abans de gitar-se.
Açò és el que va dir el director en la cinquena reunió, i eixe va ser el problema.
Convé vore abans el pressupost i després decidir.
Els hòmens i les dones tenen els mateixos drets en esta empresa.
Per a obtindre el certificat, òmpliga el formulari i envie'l per correu.
Este projecte naix de l'interés de la ciutadania.
Ixen cada diumenge de matí a caminar per l'horta.
Quan arribe el bus, avisa'm i baixe de seguida.
La nova llei protegix les persones que lloguen un habitatge xicotet.
Em fa l'efecte que esta faena no l'acabarem mai.
Necessite un espill per al bany i una granera per al corral.
És possible que demà ploga i que haja de suspendre's la fira.
El comité ha decidit que la prova es faça a les huit del vespre.
Tots els dies bec un café amb llet i em menge una torrada.
La direcció vos informarà quan les obres estiguen acabades.
Convé que servisca per a tot el món, siga d'on siga.
Va demanar que li traguera una foto amb els seus xics.
Els veïns patixen el soroll i demanen que es prenguen mesures.
Recomane fer l'arròs amb creïlla i sardines.
""".strip().splitlines()

CENTRAL = """
Aquest matí he anat al mercat amb la meva germana i hem comprat tomàquets.
Avui fa molta calor i vull que la meva filla es quedi a casa.
Us agraeixo que hagin vingut a la reunió de vuit a nou.
Jo penso que la teva proposta és la millor de totes.
Cal que tinguis paciència i que no facis cas de les crítiques.
Estudio anglès des de fa cinc anys i ara començo amb el francès.
Esperem que la seva estada sigui agradable i que vulgui tornar.
Convé que ompli el formulari i que l'enviï quan pugui.
Els nens i les nenes juguen a la plaça amb un noi més gran.
No crec que puguin arribar a temps si no surten ara.
Aquest projecte neix de l'interès de la ciutadania i de la seva empenta.
És possible que demà plogui i que s'hagi de suspendre la fira.
El comitè ha decidit que la prova es faci a les vuit del vespre.
Cada dia bec un cafè amb llet i em menjo una torrada.
La direcció us informarà quan les obres estiguin acabades.
Convé que serveixi per a tothom, sigui d'on sigui.
Les meves amigues volen que parlem amb el director.
M'agradaria que em diguessis la veritat i que no t'amaguessin res.
Recomano fer l'arròs amb patata i sardines.
Necessito un mirall per al lavabo i una escombra per a la seva terrassa.
Vull que tots els alumnes participin i preguntin el que no entenguin.
Els veïns demanen que l'ajuntament prengui mesures i que les expliqui.
El cinquè dia vam conèixer un pagès que ens va ensenyar el seu hort.
Espero que et trobis bé i que aviat puguis sortir de l'hospital.
La mestra vol que llegeixin un conte i que escriguin un resum.
Depèn del temps que faci i de les teves ganes.
Em sembla que la noia japonesa no entén el que li diuen els nois.
Si us plau, que ningú no obri la porta fins que els convidats arribin.
Parlo amb el meu germà cada setmana i li explico com em va la feina.
És important que els ciutadans coneguin els seus drets i que els exerceixin.
Demano que em retornin els diners i que em donin una explicació.
El meu pare i la meva mare van aprendre holandès abans de marxar.
""".strip().splitlines()

# Nothing in them that one side alone would write.
NEUTRAL = """
Quina hora és ara mateix?
Demà anirem a la platja amb els amics.
El cel és blau i el camp és verd.
La biblioteca tanca els diumenges d'agost.
Cal respectar les normes de circulació.
Aquest llibre parla de la història del poble.
Els gats dormen moltes hores cada dia.
Vull comprar una casa amb jardí.
La sessió comença a les deu del matí.
Bon dia, com està vostè?
El govern ha aprovat els pressupostos de l'any que ve.
La paella porta arròs, verdura i carn.
Hem de parlar amb el metge abans de decidir res.
Gràcies per la resposta.
No sé on he deixat les claus del cotxe.
Les dades es publicaran en el diari oficial.
Quants anys té el teu germà?
El tren de Castelló arriba a les nou.
La pluja ha fet molt de mal als camps de tarongers.
Aquestes persones viuen en un poble de muntanya.
Primer renta les verdures i després talla-les a trossos.
Això no és tan difícil com sembla.
L'aigua bull a cent graus.
Ens veurem demà a la porta de l'escola.
La festa major dura tota la setmana.
El museu conserva quadres molt antics.
Cada persona ha de portar el document d'identitat.
M'agrada molt llegir a la nit.
Quin és el nom de la capital de França?
Els drets de la ciutadania són per a tots.
""".strip().splitlines()

SPANISH = """
¿Qué hora es ahora mismo?
Mañana iremos a la playa con los amigos.
El ayuntamiento establece un plazo de quince días para presentar alegaciones.
Me gusta mucho leer por la noche.
No sé dónde he dejado las llaves del coche.
Los niños juegan en la plaza mientras las madres hablan.
Este libro habla de la historia del pueblo.
Gracias por la respuesta.
Mi hermana trabaja en un hospital de Alicante.
Si pudiera, viviría cerca del mar todo el año.
La ley protege a quienes alquilan una vivienda pequeña.
Buenos días, ¿cómo está usted?
El tren de Castellón llega a las nueve.
Quiero comprar una casa con jardín.
Hay que respetar las normas de circulación.
Pienso que tu propuesta es la mejor de todas.
Primero lava las verduras y después córtalas en trozos.
El museo conserva cuadros muy antiguos.
Es posible que mañana llueva.
Los vecinos piden que se tomen medidas contra el ruido.
Cada persona debe llevar su documento de identidad.
El gobierno ha aprobado los presupuestos del año que viene.
Estudio inglés desde hace cinco años.
La paella lleva arroz, verdura y carne.
Necesito un espejo para el baño.
Esto no es tan difícil como parece.
Los datos se publicarán en el diario oficial.
Por favor, no abras la puerta hasta que lleguen.
Claro, aquí tienes tres ideas para cenar.
El agua hierve a cien grados.
""".strip().splitlines()

ENGLISH = """
What time is it now?
Tomorrow we will go to the beach with our friends.
The town hall sets a time limit of fifteen days.
I really like reading at night.
I don't know where I left the car keys.
Children play in the square while their mothers talk.
This book is about the history of the village.
Thank you for your answer.
My sister works in a hospital in Alacant.
If I could, I would live near the sea all year round.
The law protects people who rent a small home.
Good morning, how are you?
The train from Castelló arrives at nine.
I want to buy a house with a garden.
Traffic rules must be respected.
I think your proposal is the best of all.
First wash the vegetables and then chop them.
The museum keeps very old paintings.
It may rain tomorrow.
The residents ask for measures against the noise.
Everyone has to bring an identity card.
The government has passed next year's budget.
She has been learning French for five years.
Paella has rice, vegetables and meat.
Sure, here are three ideas for dinner.
Water boils at one hundred degrees.
This is not as difficult as it looks.
The data will be published in the official gazette.
Please do not open the door until they arrive.
Cats sleep many hours a day.
""".strip().splitlines()

OTHER = """
Quelle heure est-il maintenant ?
Demain nous irons à la plage avec nos amis.
Je ne sais pas où j'ai laissé les clés de la voiture.
Merci beaucoup pour votre réponse.
Ma sœur travaille dans un hôpital à Paris.
Que horas são agora?
Amanhã vamos à praia com os nossos amigos.
Não sei onde deixei as chaves do carro.
Muito obrigado pela sua resposta.
Che ore sono adesso?
Domani andremo al mare con i nostri amici.
Non so dove ho lasciato le chiavi della macchina.
Grazie mille per la risposta.
Wie spät ist es jetzt?
Morgen gehen wir mit unseren Freunden an den Strand.
Ich weiß nicht, wo ich die Schlüssel gelassen habe.
Eskerrik asko zure erantzunagatik.
Gaur ez dakit zer egin behar dudan.
Mâine vom merge la plajă cu prietenii noștri.
Nu știu unde am lăsat cheile mașinii.
Сегодня очень хорошая погода.
今日はとても天気がいいです。
اليوم الطقس جميل جدا
Σήμερα ο καιρός είναι πολύ καλός.
Mañá imos á praia cos nosos amigos e coas miñas irmás.
Dzisiaj jest bardzo ładna pogoda.
Idag är vädret väldigt fint.
Bugün hava çok güzel.
xq zzkw vrrp lmnt bbq
12345 67890
""".strip().splitlines()
