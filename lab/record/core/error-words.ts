/**
 * The words that providers' error bodies, and the pages of the proxies before them, are made of. Anything else may be
 * the caller's own.
 */
export const errorWords: ReadonlySet<string> = new Set(
  `
  a about above access account action active admin after again all allowed already also an and another any api are argument as at attempt
  auth authentication authenticated authorization authorized available backend bad balance be because been before being billing blocked body both
  bucket but by bytes cache cached call calls can cancelled cannot capacity center change characters charset check choices class client
  cloudflare code com complete completed completion completions concurrent config configuration connect connection connections contact contain contains
  content context continue could country country created credential credentials credit credits current currently data day days deadline decode delta
  denied deployment deprecated detail details did disabled div docs does doctype document domain down due duplicate during each email
  embedding embeddings empty encountered end endpoint engine error errors event every exceed exceeded exceeds exception exhausted exist exists
  expected expired extra failed failure family fault few field file filter find finish first for forbidden format found free from function
  gateway generate get given google googleapis group had handle has have head header headers help hour hours href how html http https id if image in
  incident include incorrect input inputs insufficient internal invalid is issue it items its json key keys language large latency later length less
  level limit limited limits link list loaded loading loc location log long longer lower made maintenance make many match max maximum may message
  messages meta metadata method minimum minute minutes missing mode model models moment more most msg must name need network new nginx no
  none not null number object occurred of ok on one only openai operation or org organization other our out output overloaded own page pages param
  parameter parameters parse path payload payment per perform permanently permission permissions permitted plan please policy port possible
  post process processing project prompt prompts properly property provide provided provider proxy publisher quota ran range rate rates ray reach
  reached read reason received reduce reference refused region rejected remaining remove request requested requests require required reset resource
  resources response responses restricted result retriable retry return returned role rpc rpm safety schema scope script second seconds see send
  sent server servers service services session set should size slow small sorry span specified ssl standard start state status stop stream
  streaming string style successful such sum supported support suspended system table team temporarily temporary tenant text than that the their them
  then there these this throttled throttling tier time timed timeout title to token tokens too tool tools top total tpm traffic transient trouble
  true try type unable unauthenticated unauthorized unavailable understand unexpected unhandled unknown unprocessable unrecognized unsupported until
  up upgrade upstream url usage use used user users using utf valid value values version via visit wait was way we web were when where which while
  will with within without write wrong you your
  anthropic authenticationerror badrequest br hr img li ol p ul h1 h2 div
  `
    .split(/\s+/)
    .filter((word) => word !== ""),
);
