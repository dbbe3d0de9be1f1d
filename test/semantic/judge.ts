import { listOf, type NearMissFamily, type ParaphraseFamily } from "./families.ts";

/**
 * The half that judges: written after the vocabulary was frozen, on other topics, in families of its own, and not used
 * to change anything.
 */
export const judgeParaphrases: readonly ParaphraseFamily[] = [
  {
    name: "what-is-thing",
    ways: listOf("what is {}? | tell me about {} | please explain {} | what do people mean by {}? | could you describe {}? | {}, explained simply"),
    fill: listOf("a carbon tax | dark matter | a monoid | tail latency | gentrification | a reverse proxy"),
  },
  {
    name: "phone-howto",
    ways: listOf("how do I {}? | how to {} | what are the steps to {}? | hello, can you show me how to {}? | I would like to {} but cannot see how"),
    fill: listOf("back up my photos | block a number | clear my cache | split the screen | record my screen | forward a voicemail"),
  },
  {
    name: "nature-why",
    ways: listOf("why do {}? | how come {}? | can you tell me why {}? | what is the reason {}? | what drives {} the way they do?"),
    fill: listOf("birds migrate | glaciers move | cats knead | stars twinkle | bees dance"),
  },
  {
    name: "owner-of",
    ways: listOf("who owns {}? | tell me who owns {} | do you know who owns {}? | whom does {} belong to? | which person owns {}?"),
    fill: listOf("the Shard | Land Rover | the Guardian | Instagram | Bugatti"),
  },
  {
    name: "genitive",
    ways: listOf("what is the currency of {}? | what's {}'s currency? | currency of {} | tell me the currency of {} | what money do they use in {}?"),
    fill: listOf("Vietnam | Switzerland | Poland | Morocco | Chile | Iceland"),
  },
  {
    name: "price-again",
    ways: listOf("what does {} cost? | how much does {} cost? | price of {} | could you tell me the price of {}? | how many dollars for {}?"),
    fill: listOf("a day pass | gift wrapping | an annual checkup | a second bag | overnight delivery"),
  },
  {
    name: "internals",
    ways: listOf("how does {} work? | can you explain how {} works? | how do you explain the way {} works? | please describe how {} works | {} under the hood"),
    fill: listOf("raft consensus | a thermostat | a touch screen | GPS | a bloom filter"),
  },
  {
    name: "difference-two",
    ways: listOf("what's the difference between {}? | difference between {} | tell me the difference between {} | what is the distinction between {}? | when do I use which: {}?"),
    fill: listOf("a mutex and a semaphore | jam and jelly | a sea and an ocean | affect and effect | GET and POST"),
  },
  {
    name: "date-two",
    ways: listOf("when was {}? | on which date was {}? | can you tell me when {} was? | on what date was {}? | {} happened when?"),
    fill: listOf("the Magna Carta signed | Rome founded | the Titanic launched | Pluto discovered | Wikipedia launched"),
  },
  {
    name: "count-two",
    ways: listOf("how many {} are there? | number of {} | what is the number of {}? | do you know how many {} there are? | {}: how many?"),
    fill: listOf("teeth in an adult mouth | players in a rugby team | letters in the Greek alphabet | symphonies by Mahler | squares on a chessboard"),
  },
  {
    name: "allowed",
    ways: listOf("can I {}? | am I allowed to {}? | is it possible to {}? | is it ok to {}? | what happens if I {}?"),
    fill: listOf("swap shifts | bring my own lunch | pay in installments | camp on the beach | retake the test"),
  },
  {
    name: "short-forms",
    ways: listOf("what is {}? | what's {}? | define {} | explain {}, please | hey, what does {} mean?"),
    fill: listOf("NLP | object-oriented programming | a pull request | multi-factor authentication | IoT | carbon dioxide"),
  },
];

export const judgeNearMisses: readonly NearMissFamily[] = [
  { name: "ticket", ways: listOf("status of ticket {} | reopen ticket {} please | who is working on ticket {} and when will it be done?"), fill: listOf("5521 | 5522 | 5512 | OPS-12 | OPS-21 | 52 | SEC-12") },
  { name: "room", ways: listOf("book room {} for monday | is the projector in room {} fixed? | how many people fit in {}?"), fill: listOf("2.01 | 2.10 | 3.01 | B12 | b21 | the atrium") },
  { name: "wine", ways: listOf("which food goes with {}? | how long can I keep an open bottle of {}? | is {} sweet?"), fill: listOf("riesling | merlot | port | sherry | champagne | prosecco | red wine") },
  { name: "museum", ways: listOf("opening hours of the {} | tickets for the {} | what is the most famous painting in the {}?"), fill: listOf("louvre | prado | uffizi | rijksmuseum | hermitage | tate modern | tate britain") },
  { name: "phrasal", ways: listOf("how do I turn {} the heating? | what happens when you give {}? | the alarm went {} again, what does that mean?"), fill: listOf("up | down | on | off | in | out | away") },
  { name: "place-word", ways: listOf("the cat sleeps {} the table, draw it | where is the switch {} the desk? | how do I put text {} an image in css?"), fill: listOf("on | under | behind | next to | in | over") },
  { name: "quantity", ways: listOf("{} students passed the exam, write the headline | did {} passengers survive? | delete {} messages from the queue"), fill: listOf("all | no | some | most | few | seven | both") },
  { name: "helper", ways: listOf("what {} a landlord do about noise? | {} my dog eat rice every day? | when {} children see a dentist?"), fill: listOf("can | must | should | may | will | did") },
  { name: "pronoun", ways: listOf("what is {} salary? | has {} account been closed? | change {} address in the system"), fill: listOf("my | your | his | her | their | our") },
  { name: "like-need", ways: listOf("what do tomatoes {}? | which animals {} water? | do teenagers {} sleep?"), fill: listOf("like | need | give | avoid | have | lose") },
  { name: "gender", ways: listOf("shoe sizes for {} | what are good names for a {}? | dress code for {} at a wedding"), fill: listOf("men | women | boys | girls | toddlers | kids") },
  { name: "and-or", ways: listOf("is it {} or both? | find rows where status is {}"), fill: listOf("open and late | open or late | open but not late | late and not open | not open and not late") },
  { name: "king", ways: listOf("when did {} die? | how many children did {} have? | who followed {} on the throne?"), fill: listOf("Henry VII | Henry VIII | Elizabeth I | Elizabeth II | Charles I | Charles II | Louis XIV") },
  { name: "chemical", ways: listOf("is {} toxic? | formula of {} | how do I dispose of {}?"), fill: listOf("sodium chloride | sodium chlorate | sodium chlorite | methanol | ethanol | acetone | ammonia") },
  { name: "sport", ways: listOf("rules of {} in short | how long is a {} match? | who won the {} final?"), fill: listOf("tennis | table tennis | rugby | handball | cricket | hockey | ice hockey") },
  { name: "score", ways: listOf("is {} a good result? | explain why the match ended {} | what are the odds of {}?"), fill: listOf("2:1 | 1:2 | 2-1 | 3:0 | 0:3 | 21") },
  { name: "payment", ways: listOf("can I pay by {}? | the {} was declined, why? | fees for {} in the eurozone"), fill: listOf("credit card | debit card | gift card | bank transfer | check | invoice") },
  { name: "clock", ways: listOf("wake me at {} | is the pharmacy open at {}? | what time is {} in Tokyo when I am in Oslo?"), fill: listOf("7:00 | 7:30 | 17:00 | 7 pm | noon | midnight") },
  { name: "job", ways: listOf("what does a {} earn? | how do I become a {}? | write a job ad for a {}"), fill: listOf("nurse | midwife | dentist | pilot | plumber | data scientist | data engineer") },
  { name: "shell", ways: listOf("what does {} do in bash? | is {} dangerous? | alternatives to {}"), fill: listOf("rm -r | rm -rf | rm | chmod 777 | chmod 755 | 2>&1 | >&2") },
  { name: "math", ways: listOf("solve {} | plot {} from 0 to 10 | what is the derivative of {}?"), fill: listOf("x^2 | x^3 | 2x | x+2 | x-2 | x/2") },
  { name: "code-name", ways: listOf("what does the function {} return? | where is {} called? | rename {} to total"), fill: listOf("get_user | get_users | set_user | getUser | user.get | userCount") },
  { name: "swap-two", ways: listOf("{}: who pays the damage? | is it plausible that {}?"), fill: listOf("a car hits a bike | a bike hits a car | a bike hits a bus | a bus hits a bike | a bus hits a car") },
  { name: "since", ways: listOf("revenue {} 2020 | list the presidents {} 1900 | population growth {} the war"), fill: listOf("since | before | until | after | in | during") },
  { name: "degree", ways: listOf("is it {} in Oslo in March? | I feel {} after the meal, why? | the tea is {}, what now?"), fill: listOf("cold | very cold | warm | hot | not cold | too hot") },
  { name: "school", ways: listOf("homework help: {} of the industrial revolution | one page on the {} of the french revolution | what were the {} of world war i?"), fill: listOf("causes | effects | heroes | costs | opponents | symbols") },
  { name: "world-war", ways: listOf("when did world war {} end? | main battles of world war {} | who fought in world war {}?"), fill: listOf("i | ii | iii | z | 1 | 2") },
  { name: "direction-two", ways: listOf("the sun rises in the {}, is that right? | which states lie {} of the river? | wind from the {} tomorrow?"), fill: listOf("east | west | north | south | northeast | southwest") },
  { name: "sibling", ways: listOf("my {} has a fever, what should I do? | present ideas for my {} | how do I talk to my {} about money?"), fill: listOf("son | daughter | brother | sister | grandson | stepson | grandmother") },
  { name: "negated-verb", ways: listOf("foods that {} raise blood sugar | why {} the tests pass on my machine? | people who {} vote"), fill: listOf("do | don't | can | can't | rarely | might not") },
  { name: "long-two", ways: listOf("I am writing to complain that the sofa I ordered in {} has still not come, although your colleague promised delivery within a week; please draft an answer that offers a refund | read the log below and tell me which of our services was the first to time out on {}, and whether the retry storm began before or after that"), fill: listOf("march | may | june 3 | june 13 | 2023 | last spring | week 12") },
];
