// How a run of a scenario is judged: it is under way until it has ended. Pure.

export const isOpen = (row) => row.ended_at === null;
