// How an incident is judged. Pure.

export const isOpen = (row) => row.state !== "closed";
