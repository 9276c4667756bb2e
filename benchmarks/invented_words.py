"""Words for invented text: the commonest words of six languages, and parts of words that there are not."""

COMMON = {
    "en": (
        "the of and to in a is that it for was on with as be by this are from at or an not have which you can "
        "they will one all would there their what when your more about has if out so up into than them other some "
        "time only do could these two may then first any my now such like our over me even most made after also "
        "did many before must through back years where much way well down should because each just those people "
        "how too little good world very still work long here between life being under never day same another know "
        "while last might us great old year off"
    ),
    "es": (
        "de la que el en y a los se del las un por con no una su para es al lo como más pero sus le ya o este sí "
        "porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno "
        "les ni contra otros ese eso ante ellos esto antes algunos qué unos yo otro otras otra él tanto esa estos "
        "mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros tiene puede hacer años así "
        "cada vez parte después vida tiempo mismo ahora bien sea sido tres dos tan menos mejor aunque era fue ser "
        "han había están mundo casa país día"
    ),
    "fr": (
        "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou "
        "son lui nous comme mais on tout cette aux ses leur bien être deux même aussi fait elle sans peut faire "
        "encore ces dont très avant après ils sous entre depuis ainsi autres toujours leurs moins alors donc chez "
        "trop vers notre rien"
    ),
    "de": (
        "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus "
        "er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber "
        "vor zur bis mehr durch man sein wurde sei hatte kann gegen vom können schon wenn habe seine ihre dann "
        "unter wir soll ich eines"
    ),
    "pt": (
        "de a o que e do da em um para com não uma os no se na por mais as dos como mas ao ele das tem seu sua ou "
        "quando muito nos já eu também só pelo pela até isso ela entre depois sem mesmo aos seus quem nas me esse "
        "eles você essa num nem suas meu às minha numa pelos elas qual nós lhe deles essas esses pelas este dele "
        "são está foi"
    ),
    "ru": (
        "и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой от так для ты же "
        "все год мочь вы человек такой его сказать только или ещё бы себя один как уже до время если сам когда "
        "другой вот говорить наш мой знать стать при чтобы дело жизнь кто первый очень два день её новый рука "
        "даже во со раз где там под можно"
    ),
}
# Beginnings, middles and endings; every word is one of each.
PARTS = {
    "en": (
        "br cl dr fl gr pl st str tr th sh ch b c d f g h l m n p r s t w",
        "ain eat ight ound oad ock end ill ant ard ess orm ove ark ist",
        "ing ed er ly tion ness ment able s ful y ity ous al ive",
    ),
    "es": (
        "br cr dr fl gr pl pr tr b c d f g h j l ll m n p qu r s t v",
        "al an ar as el en er est ia ico in ol on or ud",
        "ación ando iendo ado ida mente dad oso eza ista ito ero able ura amos",
    ),
    "fr": (
        "br ch cl cr fl gr pl pr tr b d f g j l m n p qu r s t v",
        "ai an eau en eu in oi on ou ui ier ell ett",
        "tion ment eur euse age ité aux ez ons ique able ant esse",
    ),
    "de": (
        "bl br dr fl fr gr kl kr pf schl schr st str tr b d f g h k l m n r s t w z",
        "aus ein all and ach eich ang ung ick itt olz ort uch",
        "en ung keit lich isch heit te er bar schaft ern los",
    ),
    "pt": (
        "br cr dr fl gr pl pr tr b c d f g j l m n p qu r s t v",
        "al an ar el en er ia in ol on or ui ão",
        "ção ando endo ado ida mente dade oso eza ista inho eiro ável ura amos",
    ),
    "ru": (
        "бр вр гр др кр пр ст стр тр б в г д з к л м н п р с т х ч",
        "ал ан ар ел ен ер ил ин ол он ор уч",
        "ость ение ать ить ный ная ное ского ами ство ник ка ов",
    ),
}
