"""Questions with one answer each, in three languages: procedures, law, culture, tourism, everyday life."""

# (question, answer) in Valencian, Spanish and English. All of it is common knowledge.
FACTS: tuple[tuple[tuple[str, str], tuple[str, str], tuple[str, str]], ...] = (
    (
        ("Quins papers calen per a l'empadronament?", "Et fan falta el document d'identitat i un paper on conste on vius."),
        ("¿Qué papeles hacen falta para el empadronamiento?", "Te hacen falta el documento de identidad y un papel donde conste dónde vives."),
        ("Which papers are needed to register as a resident?", "You need your identity document and a paper that says where you live."),
    ),
    (
        ("On se sol·licita la targeta sanitària?", "La targeta sanitària se sol·licita en el centre de salut."),
        ("¿Dónde se solicita la tarjeta sanitaria?", "La tarjeta sanitaria se solicita en el centro de salud."),
        ("Where does one apply for the health card?", "One applies for the health card at the health centre."),
    ),
    (
        ("Com puc demanar una cita prèvia?", "Pots demanar una cita prèvia per internet o per telèfon."),
        ("¿Cómo puedo pedir una cita previa?", "Puedes pedir una cita previa por internet o por teléfono."),
        ("How can I make an appointment?", "You can make an appointment online or by telephone."),
    ),
    (
        ("Es pot enviar la sol·licitud per internet?", "Sí, pots presentar la sol·licitud per internet amb un certificat digital."),
        ("¿Se puede enviar la solicitud por internet?", "Sí, puedes presentar la solicitud por internet con un certificado digital."),
        ("Can the application be sent online?", "Yes, you can hand in the application online with a digital certificate."),
    ),
    (
        ("On es renova el document d'identitat?", "El document d'identitat es renova en la comissaria, amb cita prèvia."),
        ("¿Dónde se renueva el documento de identidad?", "El documento de identidad se renueva en la comisaría, con cita previa."),
        ("Where is the identity document renewed?", "The identity document is renewed at the police station, by appointment."),
    ),
    (
        ("Què he de fer si perd el meu carnet?", "Si perds el carnet, has de denunciar-ho i demanar-ne un altre."),
        ("¿Qué tengo que hacer si pierdo el carné?", "Si pierdes el carné, tienes que denunciarlo y pedir otro."),
        ("What must I do if I lose my card?", "If you lose your card, you must report it and ask for another one."),
    ),
    (
        ("Què és un testament?", "És un document que diu a qui van els béns d'una persona quan mor."),
        ("¿Qué es un testamento?", "Es un documento que dice a quién van los bienes de una persona cuando muere."),
        ("What is a will?", "It is a document that says who gets a person's property after death."),
    ),
    (
        ("Què és un contracte?", "Un contracte és un acord entre dos o més persones que les obliga a complir-lo."),
        ("¿Qué es un contrato?", "Un contrato es un acuerdo entre dos o más personas que las obliga a cumplirlo."),
        ("What is a contract?", "A contract is an agreement between two or more people that binds them to keep it."),
    ),
    (
        ("Què és un recurs?", "Un recurs és un escrit en què es demana que es revise una decisió."),
        ("¿Qué es un recurso?", "Un recurso es un escrito en el que se pide que se revise una decisión."),
        ("What is an appeal?", "An appeal is a letter that asks for a decision to be reviewed."),
    ),
    (
        ("Qui aprova el pressupost municipal?", "L'aprova el ple, que formen l'alcaldessa i els regidors."),
        ("¿Quién aprueba el presupuesto municipal?", "Lo aprueba el pleno, que forman la alcaldesa y los concejales."),
        ("Who approves the budget of a town?", "The full council, with the mayor, approves it."),
    ),
    (
        ("Què fa una notària?", "Una notària dona fe dels documents que es firmen davant d'ella."),
        ("¿Qué hace una notaria?", "Una notaria da fe de los documentos que se firman ante ella."),
        ("What does a notary do?", "A notary certifies the documents that are signed before her."),
    ),
    (
        ("Què són les Corts Valencianes?", "Les Corts Valencianes són el parlament de la Comunitat Valenciana."),
        ("¿Qué son las Cortes Valencianas?", "Las Cortes Valencianas son el parlamento de la Comunitat Valenciana."),
        ("What are the Corts Valencianes?", "The Corts Valencianes are the parliament of the Valencian Community."),
    ),
    (
        ("Quan són les Falles?", "Són al mes de març, a València i a molts altres pobles."),
        ("¿Cuándo son las Fallas?", "Son en el mes de marzo, en València y en muchos otros pueblos."),
        ("When are the Falles?", "They are in the month of March, in València and many other towns."),
    ),
    (
        ("Quan se celebren les Fogueres?", "Les Fogueres se celebren al juny, a Alacant."),
        ("¿Cuándo se celebran las Hogueras?", "Las Hogueras se celebran en junio, en Alacant."),
        ("When are the Fogueres held?", "The Fogueres are held in June, in Alacant."),
    ),
    (
        ("Qui va escriure «Tirant lo Blanc»?", "L'autor de «Tirant lo Blanc» és Joanot Martorell."),
        ("¿Quién escribió «Tirant lo Blanc»?", "El autor de «Tirant lo Blanc» es Joanot Martorell."),
        ("Who wrote “Tirant lo Blanc”?", "The author of “Tirant lo Blanc” is Joanot Martorell."),
    ),
    (
        ("Què porta la paella?", "La paella porta arròs, verdura i carn, i es cou en un recipient ample."),
        ("¿Qué lleva la paella?", "La paella lleva arroz, verdura y carne, y se cuece en un recipiente ancho."),
        ("What is in a paella?", "A paella has rice, vegetables and meat, and it is cooked in a wide pan."),
    ),
    (
        ("Amb què es fa l'all i pebre?", "Es fa amb anguila, all, pebre roig i creïlles."),
        ("¿Con qué se hace el all i pebre?", "Se hace con anguila, ajo, pimentón y patatas."),
        ("What is all i pebre made with?", "It is made with eel, garlic, paprika and potatoes."),
    ),
    (
        ("De què es fa l'orxata?", "L'orxata es fa de xufes, aigua i sucre."),
        ("¿De qué se hace la horchata?", "La horchata se hace de chufas, agua y azúcar."),
        ("What is horchata made of?", "Horchata is made of tiger nuts, water and sugar."),
    ),
    (
        ("Què puc veure a Morella?", "Pots veure el castell, les muralles i els carrers vells."),
        ("¿Qué puedo ver en Morella?", "Puedes ver el castillo, las murallas y las calles viejas."),
        ("What can I see in Morella?", "You can see the castle, the walls and the old streets."),
    ),
    (
        ("Què puc veure a València?", "A València pots veure la Llotja, la catedral i el mercat central."),
        ("¿Qué puedo ver en València?", "En València puedes ver la Lonja, la catedral y el mercado central."),
        ("What can I see in València?", "In València you can see the Silk Exchange, the cathedral and the central market."),
    ),
    (
        ("Què és el Palmerar d'Elx?", "El Palmerar d'Elx és un bosc de palmeres que és patrimoni de la humanitat."),
        ("¿Qué es el Palmeral de Elx?", "El Palmeral de Elx es un bosque de palmeras que es patrimonio de la humanidad."),
        ("What is the Palmerar of Elx?", "The Palmerar of Elx is a grove of palm trees that is a World Heritage site."),
    ),
    (
        ("Què és l'Albufera?", "L'Albufera és un llac prop de València, amb arrossars i barques."),
        ("¿Qué es la Albufera?", "La Albufera es un lago cerca de València, con arrozales y barcas."),
        ("What is the Albufera?", "The Albufera is a lake near València, with rice fields and boats."),
    ),
    (
        ("On es tiren les botelles de vidre?", "Van al contenidor verd, sense el tap."),
        ("¿Dónde se tiran las botellas de vidrio?", "Van al contenedor verde, sin el tapón."),
        ("Where do glass bottles go?", "They go into the green container, without the cap."),
    ),
    (
        ("On es tira el paper?", "El paper es tira al contenidor blau."),
        ("¿Dónde se tira el papel?", "El papel se tira al contenedor azul."),
        ("Where does paper go?", "Paper goes into the blue container."),
    ),
    (
        ("On es tiren els envasos?", "Els envasos es tiren al contenidor groc."),
        ("¿Dónde se tiran los envases?", "Los envases se tiran al contenedor amarillo."),
        ("Where does packaging go?", "Packaging goes into the yellow container."),
    ),
    (
        ("Quin és el telèfon d'emergències?", "El telèfon d'emergències és el 112."),
        ("¿Cuál es el teléfono de emergencias?", "El teléfono de emergencias es el 112."),
        ("What is the emergency number?", "The emergency number is 112."),
    ),
    (
        ("Quants dies té una setmana?", "Una setmana té 7 dies."),
        ("¿Cuántos días tiene una semana?", "Una semana tiene 7 días."),
        ("How many days does a week have?", "A week has 7 days."),
    ),
    (
        ("Quants mesos té un any?", "Un any té 12 mesos."),
        ("¿Cuántos meses tiene un año?", "Un año tiene 12 meses."),
        ("How many months does a year have?", "A year has 12 months."),
    ),
    (
        ("Hola, com estàs?", "Hola! Estic bé, gràcies. En què et puc ajudar?"),
        ("Hola, ¿cómo estás?", "¡Hola! Estoy bien, gracias. ¿En qué te puedo ayudar?"),
        ("Hello, how are you?", "Hello! I am well, thank you. How can I help you?"),
    ),
    (
        ("Bon dia.", "Bon dia! En què et puc ajudar?"),
        ("Buenos días.", "¡Buenos días! ¿En qué te puedo ayudar?"),
        ("Good morning.", "Good morning! How can I help you?"),
    ),
    (
        ("Moltes gràcies per l'ajuda.", "De res. Si tens cap altra pregunta, ací estic."),
        ("Muchas gracias por la ayuda.", "De nada. Si tienes alguna otra pregunta, aquí estoy."),
        ("Thank you very much for your help.", "You are welcome. If you have any other question, I am here."),
    ),
)  # fmt: skip
