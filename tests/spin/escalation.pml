/* One urgent message, its store and everybody who touches it: two people, the conversation that takes their acts, the
 * escalation that runs due steps, disks that refuse, and a daemon that dies between any two lines.
 *
 * Durable: what one transaction writes, phase and due row together. Everything else is lost when a process dies.
 * transitions.pml is made of transitions.txt by run.py; the C++ machine is held against the same file.
 */
mtype = { climbing, owned, answered };
mtype = { acknowledge, take_over, take_over_late, give_back, write, recall, woke, lapse };

#define PEOPLE 2
#define READERS 3     /* a conversation for each of both, and escalation: whoever reads a row and writes it later */
#define ESCALATION 2
#define DEATHS_MAX 2

/* ---- durable */
mtype phase = climbing;
byte owner = 0; /* 0 = nobody */
bool step_due = true;
bool lapse_due = false;

/* ---- what is watched */
bool rings = false;       /* between a wake and its commit */
byte deaths = 0;
bool stale[READERS];      /* the row changed since this one read it: its precondition fails */
bool looked_stale[PEOPLE]; /* the person has seen an older version */
bool refused;

#define waits (owner == 0)
#define invariant ((owner != 0) != step_due)
#define one_clock (!(step_due && lapse_due))

inline changed() {
  stale[0] = true; stale[1] = true; stale[2] = true;
  looked_stale[0] = true; looked_stale[1] = true;
}

#include "transitions.pml"

/* One transaction, if nobody changed the row meanwhile. SPLIT writes row and due row in two: the control. */
#ifdef SPLIT
inline commit(me, event, by) {
  atomic { if :: stale[me] -> refused = true :: else -> transition_row(event, by); if :: refused :: else -> changed() fi fi }
  if :: deaths < DEATHS_MAX -> deaths++; goto dead :: true fi;
  transition_due()
}
#else
inline commit(me, event, by) {
  atomic { if :: stale[me] -> refused = true :: else -> transition(event, by); if :: refused :: else -> changed() fi fi; refused = false }
}
#endif

/* The daemon may die here, and the next one starts from the disk; or the disk refuses, and nothing is written. */
inline may_die() { if :: deaths < DEATHS_MAX -> deaths++; goto dead :: true fi }

proctype person(byte who) {
  byte me = who - 1;
  mtype wants;
  bool have = false;
dead:
  wants = write;
  have = false;
  do
  :: atomic { looked_stale[me] = false } /* looks at the inbox */
  :: /* asks for something; the conversation reads, decides, commits, answers */
     if
     :: wants = acknowledge
     :: wants = give_back
     :: wants = write
     :: wants = recall
     :: wants = take_over
     fi;
     atomic { stale[me] = false };
     may_die();
     if
     :: wants == take_over && looked_stale[me] -> commit(me, take_over_late, who)
     :: wants == take_over && !looked_stale[me] ->
        atomic { if :: looked_stale[me] -> refused = true :: else -> skip fi };
        commit(me, take_over, who)
     :: else -> commit(me, wants, who)
     fi;
     may_die()
  od
}

proctype escalation() {
  byte me = ESCALATION;
dead:
  rings = false;
  do
  :: atomic { step_due -> stale[me] = false }; /* the tick finds it overdue */
     rings = true;                             /* first wake, then write: a crash between wakes once more */
     may_die();
     if
     :: commit(me, woke, 0)
     :: skip /* the disk refused: it is overdue still */
     fi;
     rings = false;
     may_die()
  :: atomic { lapse_due -> stale[me] = false };
     may_die();
     commit(me, lapse, 0);
     may_die()
  od
}

init {
  atomic { run person(1); run person(2); run escalation() }
}

/* At every moment, hence at every moment somebody could pull the plug. */
ltl one_owner_or_one_step { [] invariant }
ltl never_two_clocks { [] one_clock }
/* As long as nobody has it, it rings again and again. */
ltl loud { []<> (rings || !waits) }
