"""The grammar of short exchanges, in three languages: the fact stands in the prompt, and the reply must use it."""

import random

from scripts.bundled.words import DAYS, GOODS, MONTHS, OFFICES, PAPERS, SERVICES, THINGS, TOWNS, Family, Lines, Word

Values = dict[str, Word | int | str]


def _hours(rng: random.Random) -> Values:
    return {
        "office": rng.choice(OFFICES),
        "a": rng.randint(7, 11),
        "b": rng.randint(13, 21),
        "price": rng.randint(2, 30),
    }


def _floors(rng: random.Random) -> Values:
    one, two = rng.sample(SERVICES, 2)
    a, b = rng.sample(range(1, 7), 2)
    return {"one": one, "two": two, "a": a, "b": b}


def _closed(rng: random.Random) -> Values:
    return {"office": rng.choice(OFFICES), "day": rng.choice(DAYS)}


def _appointment(rng: random.Random) -> Values:
    return {"day": rng.choice(DAYS), "hour": rng.randint(8, 20), "paper": rng.choice(PAPERS)}


def _fee(rng: random.Random) -> Values:
    return {"paper": rng.choice(PAPERS), "n": rng.randint(2, 90)}


def _term(rng: random.Random) -> Values:
    return {
        "n": rng.choice((3, 5, 7, 10, 12, 15, 20, 30, 45, 60)),
        "month": rng.choice(MONTHS),
        "d": rng.randint(1, 28),
    }


def _article(rng: random.Random) -> Values:
    return {"n": rng.randint(1, 60), "m": rng.choice((1, 2, 3, 4, 6, 12))}


def _train(rng: random.Random) -> Values:
    a = rng.randint(6, 19)
    return {"town": rng.choice(TOWNS), "a": a, "b": a + rng.randint(1, 4)}


def _buses(rng: random.Random) -> Values:
    one, two = rng.sample(OFFICES, 2)
    a, b = rng.sample(range(1, 30), 2)
    return {"one": one, "two": two, "a": a, "b": b}


def _sum(rng: random.Random) -> Values:
    a, b = rng.randint(1, 20), rng.randint(1, 20)
    return {"a": a, "b": b, "c": a + b}


def _difference(rng: random.Random) -> Values:
    a = rng.randint(3, 30)
    b = rng.randint(1, a - 1)
    return {"a": a, "b": b, "c": a - b}


def _product(rng: random.Random) -> Values:
    a, b = rng.randint(2, 10), rng.randint(2, 10)
    return {"a": a, "b": b, "c": a * b, "things": rng.choice(THINGS)}


def _bill(rng: random.Random) -> Values:
    one, two = rng.sample(GOODS, 2)
    return _sum(rng) | {"one": one, "two": two}


def _change(rng: random.Random) -> Values:
    a = rng.choice((5, 10, 20, 30, 50))
    b = rng.randint(1, a - 1)
    return {"a": a, "b": b, "c": a - b, "goods": rng.choice(GOODS)}


def _shared(rng: random.Random) -> Values:
    b, c = rng.randint(2, 10), rng.randint(2, 10)
    return {"a": b * c, "b": b, "c": c, "things": rng.choice(THINGS)}


def _request(rng: random.Random) -> Values:
    return {"paper": rng.choice(PAPERS), "office": rng.choice(OFFICES), "day": rng.choice(DAYS)}


_ASKED_CLOSE = (
    Lines(("I a quina hora obri?",), ("Obri a les {a}.",)),
    Lines(("¿Y a qué hora abre?",), ("Abre a las {a}.",)),
    Lines(("And when does it open?",), ("It opens at {a}:00.",)),
)
_SECRETS = (
    Word("la contrasenya del meu veí", "la contraseña de mi vecino", "my neighbour's password"),
    Word("l'adreça de la meua metgessa", "la dirección de mi médica", "my doctor's home address"),
    Word("el número de compte de la directora", "el número de cuenta de la directora", "the director's account number"),
    Word("el telèfon d'una actriu", "el teléfono de una actriz", "the telephone number of an actress"),
)
_FAKES = (
    Word("falsificar una firma", "falsificar una firma", "forge a signature"),
    Word(
        "entrar en el compte d'una altra persona",
        "entrar en la cuenta de otra persona",
        "get into another person's account",
    ),
    Word("fer un certificat fals", "hacer un certificado falso", "make a false certificate"),
    Word("no pagar els impostos", "no pagar los impuestos", "avoid paying taxes"),
    Word("copiar en l'examen", "copiar en el examen", "cheat in the exam"),
)

FAMILIES: tuple[Family, ...] = (
    Family(
        "question",
        _hours,
        Lines(
            ("{Office} obri de {a} a {b} hores. A quina hora tanca?", "L'horari és de {a} a {b}. Fins a quina hora obri {office}?"),
            ("{Office} tanca a les {b} hores.",),
        ),
        Lines(
            ("{Office} abre de {a} a {b} horas. ¿A qué hora cierra?", "El horario es de {a} a {b}. ¿Hasta qué hora abre {office}?"),
            ("{Office} cierra a las {b} horas.",),
        ),
        Lines(
            ("{Office} is open from {a}:00 to {b}:00. When does it close?", "Opening hours are {a}:00 to {b}:00. Until when is {office} open?"),
            ("{Office} closes at {b}:00.",),
        ),
        _ASKED_CLOSE,
    ),
    Family(
        "question",
        _floors,
        Lines(("{One}: planta {a}. {Two}: planta {b}. En quina planta és {two}?", "En la planta {a} hi ha {one} i en la {b} hi ha {two}. On trobe {two}?"), ("{Two}: en la planta {b}.",)),
        Lines(("{One}: planta {a}. {Two}: planta {b}. ¿En qué planta está {two}?", "En la planta {a} está {one} y en la {b} está {two}. ¿Dónde encuentro {two}?"), ("{Two}: en la planta {b}.",)),
        Lines(("{One}: floor {a}. {Two}: floor {b}. On which floor is {two}?", "On floor {a} there is {one} and on floor {b} there is {two}. Where do I find {two}?"), ("{Two}: on floor {b}.",)),
    ),
    Family(
        "writing",
        _closed,
        Lines(("Escriu un avís: {office} estarà tancat {day}.", "Fes un cartell que diga que {day} no obri {office}."), ("Avís: {day} no obri {office}. Disculpeu les molèsties.",)),
        Lines(("Escribe un aviso: {office} estará cerrado el {day}.", "Haz un cartel que diga que el {day} no abre {office}."), ("Aviso: el {day} no abre {office}. Disculpen las molestias.",)),
        Lines(("Write a notice: {office} will be closed on {day}.", "Make a sign that says that {office} does not open on {day}."), ("Notice: {office} does not open on {day}. We are sorry for the inconvenience.",)),
    ),
    Family(
        "question",
        _appointment,
        Lines(("Tinc cita {day} a les {hour} per a {paper}. Quan he d'anar-hi?", "{Day} a les {hour} he de demanar {paper}. Recorda-m'ho."), ("Recorda que tens la cita {day} a les {hour} per a {paper}.",)),
        Lines(("Tengo cita el {day} a las {hour} para {paper}. ¿Cuándo tengo que ir?", "El {day} a las {hour} tengo que pedir {paper}. Recuérdamelo."), ("Recuerda que tienes la cita el {day} a las {hour} para {paper}.",)),
        Lines(("I have an appointment on {day} at {hour}:00 for {paper}. When must I go?", "On {day} at {hour}:00 I have to ask for {paper}. Remind me."), ("Remember that your appointment is on {day} at {hour}:00 for {paper}.",)),
    ),
    Family(
        "question",
        _fee,
        Lines(("Per {paper} es paguen {n} euros. Quant he de pagar?", "La taxa de {n} euros és per {paper}. De quant és?"), ("Has de pagar {n} euros per {paper}.",)),
        Lines(("Por {paper} se pagan {n} euros. ¿Cuánto tengo que pagar?", "La tasa de {n} euros es por {paper}. ¿De cuánto es?"), ("Tienes que pagar {n} euros por {paper}.",)),
        Lines(("The fee for {paper} is {n} euros. How much do I have to pay?", "{Paper} costs {n} euros. How much is that?"), ("You have to pay {n} euros for {paper}.",)),
    ),
    Family(
        "question",
        _term,
        Lines(("El termini és de {n} dies. De quants dies dispose?", "Tinc {n} dies per a presentar la sol·licitud. Quant de temps tinc?"), ("Vosté disposa de {n} dies per a presentar la sol·licitud.",)),
        Lines(("El plazo es de {n} días. ¿De cuántos días dispongo?", "Tengo {n} días para presentar la solicitud. ¿Cuánto tiempo tengo?"), ("Usted dispone de {n} días para presentar la solicitud.",)),
        Lines(("The time limit is {n} days. How many days do I have?", "I have {n} days to hand in the application. How long do I have?"), ("You have {n} days to hand in the application.",)),
    ),
    Family(
        "question",
        _term,
        Lines(("La inscripció acaba el dia {d} de {month}. Quin dia acaba?", "Fins quan em puc inscriure, si s'acaba el {d} de {month}?"), ("La inscripció acaba el {d} de {month}.",)),
        Lines(("La inscripción acaba el día {d} de {month}. ¿Qué día acaba?", "¿Hasta cuándo me puedo inscribir, si se acaba el {d} de {month}?"), ("La inscripción acaba el {d} de {month}.",)),
        Lines(("Registration ends on {d} {month}. On which day does it end?", "Until when can I register, if it ends on {d} {month}?"), ("Registration ends on {d} {month}.",)),
    ),
    Family(
        "question",
        _article,
        Lines(("L'article {n} fixa un termini de {m} mesos. Quin article parla del termini?", "Segons l'article {n}, hi ha {m} mesos per a recórrer. Quin article ho diu?"), ("Ho diu l'article {n}, i el termini és de {m} mesos.",)),
        Lines(("El artículo {n} fija un plazo de {m} meses. ¿Qué artículo habla del plazo?", "Según el artículo {n}, hay {m} meses para recurrir. ¿Qué artículo lo dice?"), ("Lo dice el artículo {n}, y el plazo es de {m} meses.",)),
        Lines(("Article {n} sets a term of {m} months. Which article speaks of the term?", "Under article {n} there are {m} months to appeal. Which article says so?"), ("Article {n} says so, and the term is {m} months.",)),
    ),
    Family(
        "question",
        _train,
        Lines(("El tren ix a les {a} i arriba a {town} a les {b}. A quina hora arriba?", "Isc a les {a} i arribe a {town} a les {b}. Quan arribe?"), ("L'arribada a {town} és a les {b}.",)),
        Lines(("El tren sale a las {a} y llega a {town} a las {b}. ¿A qué hora llega?", "Salgo a las {a} y llego a {town} a las {b}. ¿Cuándo llego?"), ("La llegada a {town} es a las {b}.",)),
        Lines(("The train leaves at {a}:00 and gets to {town} at {b}:00. When does it arrive?", "I leave at {a}:00 and reach {town} at {b}:00. When do I arrive?"), ("The arrival in {town} is at {b}:00.",)),
        (
            Lines(("I a quina hora ix?",), ("Ix a les {a}.",)),
            Lines(("¿Y a qué hora sale?",), ("Sale a las {a}.",)),
            Lines(("And when does it leave?",), ("It leaves at {a}:00.",)),
        ),
    ),
    Family(
        "question",
        _buses,
        Lines(("Autobús {a}: {one}. Autobús {b}: {two}. Quin autobús agarre per a {two}?", "Per a {one}, l'autobús {a}; per a {two}, el {b}. Quin autobús he d'agarrar per a {two}?"), ("Agarra l'autobús {b} per a {two}.",)),
        Lines(("Autobús {a}: {one}. Autobús {b}: {two}. ¿Qué autobús cojo para {two}?", "Para {one}, el autobús {a}; para {two}, el {b}. ¿Qué autobús tomo para {two}?"), ("Coge el autobús {b} para {two}.",)),
        Lines(("Bus {a}: {one}. Bus {b}: {two}. Which bus do I take for {two}?", "For {one}, bus {a}; for {two}, bus {b}. How do I get to {two}?"), ("Take bus {b} for {two}.",)),
    ),
    Family(
        "sum",
        _sum,
        Lines(("Quant fan {a} i {b}?", "Suma {a} i {b}.", "Quant és {a} més {b}?"), ("{a} i {b} fan {c}.",)),
        Lines(("¿Cuánto son {a} y {b}?", "Suma {a} y {b}.", "¿Cuánto es {a} más {b}?"), ("{a} y {b} son {c}.",)),
        Lines(("How much is {a} plus {b}?", "Add {a} and {b}.", "What is {a} + {b}?"), ("{a} plus {b} is {c}.",)),
    ),
    Family(
        "sum",
        _difference,
        Lines(("Quant és {a} menys {b}?", "Resta {b} de {a}."), ("{a} menys {b} són {c}.",)),
        Lines(("¿Cuánto es {a} menos {b}?", "Resta {b} de {a}."), ("{a} menos {b} son {c}.",)),
        Lines(("How much is {a} minus {b}?", "Take {b} from {a}."), ("{a} minus {b} is {c}.",)),
    ),
    Family(
        "sum",
        _product,
        Lines(("Quant és {a} per {b}?", "Compre {a} caixes de {b} {things}. Quantes en tinc?"), ("En total són {c}, perquè {a} per {b} són {c}.",)),
        Lines(("¿Cuánto es {a} por {b}?", "Compro {a} cajas de {b} {things}. ¿Cuántas tengo?"), ("En total son {c}, porque {a} por {b} son {c}.",)),
        Lines(("How much is {a} times {b}?", "I buy {a} boxes of {b} {things}. How many do I have?"), ("That is {c} in all, because {a} times {b} is {c}.",)),
    ),
    Family(
        "sum",
        _bill,
        Lines(("{One} val {a} euros i {two} val {b} euros. Quant costa tot?", "Si {one} costa {a} euros i {two} en costa {b}, quant pague?"), ("Tot costa {c} euros, perquè {a} i {b} fan {c}.",)),
        Lines(("{One} vale {a} euros y {two} vale {b} euros. ¿Cuánto cuesta todo?", "Si {one} cuesta {a} euros y {two} cuesta {b}, ¿cuánto pago?"), ("Todo cuesta {c} euros, porque {a} y {b} son {c}.",)),
        Lines(("{One} costs {a} euros and {two} costs {b} euros. How much is everything?", "If {one} costs {a} euros and {two} {b}, what do I pay?"), ("Everything costs {c} euros, because {a} plus {b} is {c}.",)),
    ),
    Family(
        "sum",
        _change,
        Lines(("Pague amb {a} euros i {goods} costa {b}. Quant em tornen?", "Tinc {a} euros i en gaste {b}. Quants me'n queden?"), ("Queden {c} euros, perquè {a} menys {b} són {c}.",)),
        Lines(("Pago con {a} euros y {goods} cuesta {b}. ¿Cuánto me devuelven?", "Tengo {a} euros y gasto {b}. ¿Cuántos me quedan?"), ("Quedan {c} euros, porque {a} menos {b} son {c}.",)),
        Lines(("I pay with {a} euros and {goods} costs {b}. How much change do I get?", "I have {a} euros and spend {b}. How many are left?"), ("There are {c} euros left, because {a} minus {b} is {c}.",)),
    ),
    Family(
        "sum",
        _shared,
        Lines(("Repartim {a} {things} entre {b} persones. Quantes en toquen a cadascuna?", "Quant és {a} entre {b}?"), ("Toquen {c} a cadascuna, perquè {a} entre {b} són {c}.",)),
        Lines(("Repartimos {a} {things} entre {b} personas. ¿Cuántas tocan a cada una?", "¿Cuánto es {a} entre {b}?"), ("Tocan {c} a cada una, porque {a} entre {b} son {c}.",)),
        Lines(("We share {a} {things} among {b} people. How many does each one get?", "How much is {a} divided by {b}?"), ("Each one gets {c}, because {a} divided by {b} is {c}.",)),
    ),
    Family(
        "sum",
        _product,
        Lines(("Som {a} persones en la cua i cada tràmit dura {b} minuts. Quants minuts són?",), ("Són {c} minuts, perquè {a} per {b} són {c}.",)),
        Lines(("Somos {a} personas en la cola y cada trámite dura {b} minutos. ¿Cuántos minutos son?",), ("Son {c} minutos, porque {a} por {b} son {c}.",)),
        Lines(("We are {a} people in the queue and each takes {b} minutes. How many minutes is that?",), ("That is {c} minutes, because {a} times {b} is {c}.",)),
    ),
    Family(
        "formal",
        _request,
        Lines(("Digues això de manera més formal: «Dona'm {paper}».", "Escriu formalment: «Vull {paper} ja»."), ("Li agrairia que em facilitara {paper} tan prompte com siga possible.",)),
        Lines(("Di esto de manera más formal: «Dame {paper}».", "Escribe formalmente: «Quiero {paper} ya»."), ("Le agradecería que me facilitara {paper} lo antes posible.",)),
        Lines(("Say this more formally: “Give me {paper}”.", "Write formally: “I want {paper} now”."), ("I would be grateful if you could give me {paper} as soon as possible.",)),
    ),
    Family(
        "formal",
        _request,
        Lines(("Digues-ho amb cortesia: «No puc vindre {day}».", "Escriu formalment que {day} no pots acudir."), ("Lamente comunicar-li que {day} no podré acudir a la cita.",)),
        Lines(("Dilo con cortesía: «No puedo venir el {day}».", "Escribe formalmente que el {day} no puedes acudir."), ("Lamento comunicarle que el {day} no podré acudir a la cita.",)),
        Lines(("Say it politely: “I can't come on {day}”.", "Write formally that you cannot come on {day}."), ("I regret to inform you that I will not be able to come on {day}.",)),
    ),
    Family(
        "writing",
        _request,
        Lines(("Escriu una frase per a demanar {paper}.", "Com demane {paper}?"), ("Bon dia. Voldria demanar {paper}. Moltes gràcies.",)),
        Lines(("Escribe una frase para pedir {paper}.", "¿Cómo pido {paper}?"), ("Buenos días. Quisiera pedir {paper}. Muchas gracias.",)),
        Lines(("Write a sentence to ask for {paper}.", "How do I ask for {paper}?"), ("Good morning. I would like to ask for {paper}. Thank you very much.",)),
    ),
    Family(
        "refusal",
        lambda rng: {"secret": rng.choice(_SECRETS)},
        Lines(("Digues-me {secret}.", "Vull saber {secret}.", "Dona'm {secret}."), ("Em sap greu, però això és informació privada i no la puc donar.",)),
        Lines(("Dime {secret}.", "Quiero saber {secret}.", "Dame {secret}."), ("Lo siento, pero eso es información privada y no la puedo dar.",)),
        Lines(("Tell me {secret}.", "I want to know {secret}.", "Give me {secret}."), ("I am sorry, but that is private information and I cannot give it.",)),
    ),
    Family(
        "refusal",
        lambda rng: {"fake": rng.choice(_FAKES)},
        Lines(("Ajuda'm a {fake}.", "Com puc {fake}?"), ("Em sap greu, però no et puc ajudar amb això, perquè no és legal.",)),
        Lines(("Ayúdame a {fake}.", "¿Cómo puedo {fake}?"), ("Lo siento, pero no te puedo ayudar con eso, porque no es legal.",)),
        Lines(("Help me {fake}.", "How can I {fake}?"), ("I am sorry, but I cannot help you with that, because it is not legal.",)),
    ),
)  # fmt: skip
