/** Pairs written one by one, in the way people type: `a | b` a line. */

export const paraphrasesByHand = `
what is AI | explain artificial intelligence
what's an llm? | define large language model
how do i log in | how can I sign in?
I forgot my password | forgot my password
How do I get rid of a wasp nest? | how to remove a wasp nest
set up wifi on my printer | how do I set up wi-fi on my printer?
where's my package | where is my parcel
what's the weather like today | today's weather
what is the best time to visit Japan? | when should I go to Japan?
cheap flights to Lisbon | inexpensive flights to Lisbon
who is the author of 1984? | who wrote 1984?
how tall is Mount Everest? | what is the height of Mount Everest?
how old is the universe | what is the age of the universe?
can you recommend a good book about Rome | suggest a good book about Rome
symptoms of the flu | what are the symptoms of flu?
what does HTTP 503 mean? | meaning of HTTP 503
my laptop won't turn on | my laptop will not turn on
Is it possible to change my delivery address? | can I change my delivery address?
what are your opening hours? | when are you open?
how do I cancel my subscription? | steps to cancel my subscription
how do I cancel my subscription? | I no longer want my subscription
What is the meaning of life? | meaning of life
give me a recipe for pancakes | how do I make pancakes?
what is k8s | what is Kubernetes?
delete a local git branch | deleting local git branches
difference between http and https | what's the difference between HTTP and HTTPS?
who's the CEO of Microsoft | who is the chief executive officer of Microsoft?
what's two plus two | what is 2 plus 2
is my data encrypted? | do you encrypt my data?
explain the concept of supply and demand | what is supply and demand?
I'd like to know the population of Brazil | population of Brazil
What are the advantages of solar power? | benefits of solar power
pros of remote work | what are the advantages of remote work?
tell me a joke | please tell me a joke
how do i setup a vpn | how to set up a virtual private network
what is the colour of a ruby | what is the color of a ruby?
how many kms in a mile | how many kilometers are in a mile?
translate hello to Spanish | what is the Spanish translation of hello?
could you please explain how vaccines work | how do vaccines work?
what is the reason for the seasons | why do we have seasons?
where can I see my invoices? | where do I find my invoices?
purchase a gift card | buy a gift card
how do I start a business in Delaware? | how to begin a business in Delaware
what is GDP | define gross domestic product
`;

export const nearMissesByHand = `
refund for order 123 | refund for order 456
capital of France | capital of Germany
what is AI | what is rust
what is AI | what is AI safety
how do I reset my password | how do I delete my account
how do I reset my password | how do I reset my username
can I cancel my order? | can't I cancel my order?
is it safe to mix bleach and vinegar? | is it safe to mix baking soda and vinegar?
who is the president of France? | who was the president of France?
who is the president of France? | who is the president of the French senate?
how do I open a joint account? | how do I close a joint account?
what is the boiling point of water in celsius? | what is the boiling point of water in fahrenheit?
what is the melting point of gold? | what is the boiling point of gold?
how to convert pdf to word | how to convert word to pdf
can dogs eat grapes? | can dogs eat apples?
does insurance cover theft? | does insurance cover theft abroad?
book a flight for 2 adults | book a flight for 2 adults and 1 child
send 50 euros to Anna | send 500 euros to Anna
send 50 euros to Anna | send 50 euros to Ana
why did the stock rise? | why did the stock fall?
list all employees | list all employers
how do I sue my landlord? | can my landlord sue me?
is the shop open today? | is the shop open tomorrow?
how do I create a database in postgres? | how do I create a user in postgres?
what is the tallest building in New York? | what is the tallest building in the world?
what is a class in java? | what is a class in javascript?
explain photosynthesis | explain chemosynthesis
tax rate for 2023 | tax rate for 2024
what is my balance? | what was my balance last month?
write a poem about spring | write an essay about spring
turn the lights on | turn the lights off
what is a mortgage? | how do I get a mortgage?
how do I apply for a passport? | how do I renew a passport?
who won the match? | who lost the match?
what is the name of the wife of Henry VII? | what is the name of the wife of Henry VIII?
how far is the moon? | how big is the moon?
how many calories are in an egg? | how many calories are in two eggs?
are eggs healthy? | are eggs a healthy source of protein for diabetics?
what is the time in Tokyo? | what is the time in Kyoto?
can I return a worn shirt? | can I return a shirt?
what is the interest on a 10 year loan? | what is the interest on a 30 year loan?
who wrote Dune? | who wrote Dune Messiah?
how do I install docker? | how do I uninstall docker?
remove row 3 | remove column 3
is aspirin safe during pregnancy? | is aspirin safe?
what is heart failure? | what is a heart attack?
summarize chapter 1 | summarize chapter 2
translate "bank" to French | translate "bench" to French
what are the symptoms of type 1 diabetes? | what are the symptoms of type 2 diabetes?
allow access for Bob | deny access for Bob
how do I check in? | how do I check out?
what do cats like? | what do cats need?
what is in the box? | what is on the box?
what is my balance? | what is your balance?
do you sell shoes? | do I sell shoes?
take one tablet | take the tablet
can I pay with cash and card? | can I pay with cash or card?
who has a dog? | who is a dog?
is vitamin A good for the eyes? | is vitamin K good for the eyes?
who may enter? | who can enter?
what does IT do? | what does it do?
what happened in May? | what might have happened?
`;
