import { listOf, type NearMissFamily, type ParaphraseFamily } from "./families.ts";

/**
 * A second set of the calibrating half. It was written to judge; its 6 false hits among 1,639 showed what the
 * vocabulary had wrong.
 */
export const calibrateParaphrasesTwo: readonly ParaphraseFamily[] = [
  {
    name: "meaning-of-word",
    ways: listOf("what does {} mean? | meaning of {} | what is the meaning of {}? | what is the definition of {}? | in plain words, {}? | help me understand what {} means"),
    fill: listOf("ubiquitous | amortization | a sonnet | collateral | idempotent | herd immunity"),
  },
  {
    name: "cooking",
    ways: listOf("how do I cook {}? | how to cook {} | can you tell me how to cook {}? | what's the best way to cook {}? | cooking instructions for {} | recipe for {}"),
    fill: listOf("basmati rice | a turkey | quinoa | salmon in the oven | lentils | a medium rare steak"),
  },
  {
    name: "settings",
    ways: listOf("how can I {}? | steps to {} | what do I need to do to {}? | is there a way to {}? | hi, I'd like to know how to {} please | {}: how?"),
    fill: listOf("hide my profile | pair my headphones | freeze my card | transfer my domain | mute a channel | change my username"),
  },
  {
    name: "science",
    ways: listOf("why do {}? | what is the reason why {}? | could you explain why {}? | how come {}? | for what reason do {}?"),
    fill: listOf("leaves change color | cats purr | tides rise | metals expand | onions make you cry | planes leave trails"),
  },
  {
    name: "superlative",
    ways: listOf("what is the {}? | which is the {}? | do you know what the {} is? | tell me the {} | name the {}"),
    fill: listOf("longest river in Africa | deepest lake on earth | rarest blood type | fastest land animal | oldest university in Europe"),
  },
  {
    name: "works",
    ways: listOf("how does {} work? | I don't understand how {} works | tell me how {} works | please explain how {} works | what is the principle behind {}?"),
    fill: listOf("a credit score | a lock gate | public key cryptography | an espresso machine | compound interest | a quantum computer"),
  },
  {
    name: "where-buy",
    ways: listOf("where can I buy {}? | where do I purchase {}? | who sells {}? | could you tell me where I can buy {}? | which store has {}?"),
    fill: listOf("gluten free flour | a bike pump | festival tickets | used textbooks | a power adapter"),
  },
  {
    name: "age",
    ways: listOf("how old is {}? | what is the age of {}? | can you tell me how old {} is? | what is {}'s age? | when was {} born?"),
    fill: listOf("Paul McCartney | the Queen of Denmark | Serena Williams | Stephen King | Yoko Ono"),
  },
  {
    name: "tall",
    ways: listOf("how tall is {}? | what is the height of {}? | height of {} | please tell me how tall {} is | how many meters high is {}?"),
    fill: listOf("the Burj Khalifa | Mont Blanc | a giraffe | the Statue of Liberty | K2"),
  },
  {
    name: "pros",
    ways: listOf("what are the advantages of {}? | benefits of {} | what are the benefits of {}? | why would someone choose {}? | tell me the advantages of {}"),
    fill: listOf("functional programming | a standing desk | index funds | electric cars | breastfeeding"),
  },
  {
    name: "cost-of",
    ways: listOf("how much does {} cost? | cost of {} | what's the price of {}? | tell me how much {} costs | is {} expensive?"),
    fill: listOf("a wedding in Tuscany | cat insurance | a new roof | laser eye surgery | a seasonal ticket"),
  },
  {
    name: "rights",
    ways: listOf("am I allowed to {}? | can I {}? | is it possible to {}? | may one {}? | is there anything against it if I {}?"),
    fill: listOf("sublet my flat | fly a drone here | record a phone call | defer my exam | carry over holidays"),
  },
  {
    name: "news",
    ways: listOf("summarize {} | please summarize {} | summary of {} | can you give me a summary of {}? | what are the key points of {}?"),
    fill: listOf("the attached report | yesterday's meeting | this pull request | chapter four | the Paris agreement"),
  },
  {
    name: "repair",
    ways: listOf("how do I repair {}? | how to fix {} | what's the way to mend {}? | steps for repairing {} | {} is broken, what now?"),
    fill: listOf("a cracked tile | a dripping shower | my glasses | a torn page | a flat bike tube"),
  },
];

export const calibrateNearMissesTwo: readonly NearMissFamily[] = [
  { name: "invoice", ways: listOf("send me invoice {} | has invoice {} been paid? | why was I charged twice on invoice {} although I had cancelled before the trial ended?"), fill: listOf("2024-001 | 2024-010 | 2024-100 | 77 | 78 | INV-9") },
  { name: "flight", ways: listOf("is flight {} on time? | which gate does {} leave from? | seat map of flight {}"), fill: listOf("LH 440 | LH 404 | BA 12 | BA 21 | AF 7 | af 77") },
  { name: "river", ways: listOf("how long is the {}? | through which countries does the {} flow? | where does the {} end?"), fill: listOf("nile | niger | danube | rhine | rhone | amazon") },
  { name: "temperature", ways: listOf("roast the chicken at {} degrees for an hour, is that ok? | what is {} fahrenheit in celsius? | does plastic melt at {} degrees?"), fill: listOf("160 | 180 | 200 | -20 | 350 | 35") },
  { name: "door", ways: listOf("{} the garage door | is it dangerous to {} the valve while the pump runs? | how do I {} a bank account online?"), fill: listOf("open | close | lock | unlock | paint | reopen") },
  { name: "trend", ways: listOf("what makes house prices {}? | did unemployment {} last year? | show all products whose sales {} in the third quarter"), fill: listOf("rise | fall | stagnate | double | halve") },
  { name: "month", ways: listOf("best things to do in Lisbon in {} | public holidays in {} | sales figures for {} please"), fill: listOf("january | june | july | may | march | december") },
  { name: "spouse", ways: listOf("who is the {} of the prime minister of spain? | write a birthday card to my {} | what present should I buy for my {} who likes gardening?"), fill: listOf("wife | husband | mother | mother-in-law | neighbor | boss") },
  { name: "planet", ways: listOf("how many moons does {} have? | how far is {} from the sun? | is there water on {}?"), fill: listOf("mars | venus | saturn | neptune | mercury | earth") },
  { name: "framework", ways: listOf("how do I write a unit test in {}? | which companies use {}? | give me a hello world in {}"), fill: listOf("react | angular | vue | django | rails | svelte") },
  { name: "cloud", ways: listOf("create a bucket in {} | what does a small virtual machine cost on {} per month? | status of {} in frankfurt"), fill: listOf("aws | azure | gcp | hetzner | digitalocean") },
  { name: "sql", ways: listOf("explain {} in sql | when should I use {}? | is {} slow on big tables?"), fill: listOf("inner join | left join | right join | union | union all | group by") },
  { name: "http", ways: listOf("what does status {} mean? | how should a client react to a {}? | our load balancer returns {} for one request in a thousand, where do I begin to look?"), fill: listOf("400 | 401 | 403 | 404 | 502 | 504") },
  { name: "vaccine", ways: listOf("is the {} vaccine safe for adults? | how is {} transmitted? | early signs of {}"), fill: listOf("measles | mumps | rubella | hepatitis a | hepatitis b | flu") },
  { name: "instrument", ways: listOf("how do I tune a {}? | is it hard to learn the {}? | price of a used {}"), fill: listOf("guitar | bass guitar | violin | cello | ukulele | harp") },
  { name: "with", ways: listOf("can I travel {} a passport? | is it possible to run the tests {} the database? | a recipe for pizza {} cheese"), fill: listOf("with | without | despite | instead of | before") },
  { name: "never", ways: listOf("which planets have {} been visited? | numbers that {} end in five | countries that {} joined the union"), fill: listOf("never | always | recently | also once | not") },
  { name: "possession", ways: listOf("what is {} phone number? | reset {} password for the portal | when does {} contract end?"), fill: listOf("Anna's | Hannah's | Mr Lee's | the client's | Dr Lee's | Lea's") },
  { name: "ordinal", ways: listOf("who was the {} president of the united states? | what is the {} amendment? | translate the {} paragraph"), fill: listOf("first | second | third | 14th | 15th | last") },
  { name: "percent", ways: listOf("what is a {} tip on 60 dollars? | how many years until savings double at {} interest? | is {} humidity normal?"), fill: listOf("5% | 15% | 20% | 50% | 0.5%") },
  { name: "transport", ways: listOf("how do I get from the airport to the center by {}? | is the {} cheaper than walking all day? | lost property on the {}"), fill: listOf("bus | train | tram | taxi | ferry") },
  { name: "question-word", ways: listOf("{} do bees make honey? | {} should I water a cactus? | {} are elections held in india?"), fill: listOf("how | why | when | where | how often") },
  { name: "who-whom", ways: listOf("{} in the final of 2019? | tell the whole story of how {}"), fill: listOf("Liverpool beat Tottenham | Tottenham beat Liverpool | Tottenham met Chelsea | Chelsea beat Arsenal | Arsenal beat Chelsea") },
  { name: "compare", ways: listOf("is a cat {} a dog? | prove that a square is {} a rectangle"), fill: listOf("smarter than | bigger than | the same as | cheaper than | as loud as | a kind of") },
  { name: "file", ways: listOf("convert {} | what is lost when I convert {}?"), fill: listOf("png to jpg | jpg to png | png to svg | wav to mp3 | mp3 to wav") },
  { name: "audience-two", ways: listOf("write a {} about autumn in berlin | draft a {} to tell the team that the launch slips by two weeks"), fill: listOf("haiku | limerick | formal letter | tweet | press release | love letter") },
  { name: "log-level", ways: listOf("show {} logs of the payment service | how do I set the level to {} for one module?"), fill: listOf("error | warning | debug | info | trace") },
  { name: "car", ways: listOf("tire pressure for a {} | how many seats does the {} have? | does the {} come as a hybrid?"), fill: listOf("golf 7 | golf 8 | corolla | polo | model 3 | model y") },
  { name: "shape", ways: listOf("area of a {} | how many sides does a {} have? | draw a {} in canvas"), fill: listOf("circle | square | triangle | hexagon | pentagon | sphere") },
  { name: "legal", ways: listOf("can my {} evict me? | what can a {} do about a late payment? | rights of a {} in germany"), fill: listOf("landlord | tenant | employer | employee | bank") },
  { name: "tool", ways: listOf("how do I undo the last commit in {}? | shortcut for comment in {} | disable telemetry in {}"), fill: listOf("git | mercurial | vim | emacs | vscode | intellij") },
  { name: "access", ways: listOf("who has {} access to the finance folder? | grant {} access to maria on the payroll system until friday"), fill: listOf("read | write | admin | no | guest | temporary") },
  { name: "tense-two", ways: listOf("where {} the olympics held? | who {} the mayor of boston?"), fill: listOf("are | were | will be | should be | might be") },
  { name: "amounts-two", ways: listOf("divide {} | what is left of the budget after paying {}?"), fill: listOf("10 by 2 | 2 by 10 | 100 by 2 | 10 by 3 | 12 by 3") },
  { name: "dosage", ways: listOf("take {} | how should I remind a patient to take {}?"), fill: listOf("one tablet twice a day | two tablets once a day | two tablets twice a day | one tablet a week | half a tablet twice a day") },
  { name: "part-of-day", ways: listOf("is it safe to jog there {}? | what do owls do {}? | parking fees {} in the old town"), fill: listOf("at night | during the day | in the morning | at noon | on weekends") },
  { name: "quality", ways: listOf("what is a {} mattress? | how do I recognize {} olive oil? | is {} soil right for roses?"), fill: listOf("good | bad | firm | soft | dry | wet") },
];
