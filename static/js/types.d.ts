// What the type checker does not know by itself: events of the pages, SortableJS, which comes without types, and that
// scripts look for HTML elements, not for SVG.

/** What the server asks a page to show by `HX-Trigger: {"toast": ...}`. */
interface ToastOptions {
  action?: { url: string; label?: string; values?: Values };
  undo?: { url: string; label?: string; values?: Values };
  kind?: string;
}

/** Fields of a form that `post()` sends. */
type Values = Record<string, string | number | boolean | null | undefined>;

/** `event.detail` of the event stream's events on <body>. */
interface EventDetail {
  id?: number;
  board_id?: number;
  task_id?: number;
}

interface HTMLElementEventMap {
  "helix:added": CustomEvent<{ id?: number }>;
  "helix:agent": CustomEvent<EventDetail | null>;
  "helix:board": CustomEvent<EventDetail | null>;
  "helix:comment": CustomEvent<EventDetail | null>;
  "helix:gone": CustomEvent<EventDetail | null>;
  "helix:open-task": CustomEvent<EventDetail | null>;
  "helix:reload": CustomEvent<EventDetail | null>;
  "helix:run": CustomEvent<EventDetail | null>;
  "helix:task": CustomEvent<EventDetail | null>;
}

/** `event.detail.ctx` of htmx, with what its own types leave out. */
type HtmxContext = import("htmx.org").HtmxRequestCtx & {
  confirm?: string;
  hx?: { redirect?: string; trigger?: string };
};

interface DocumentEventMap {
  "helix:counted": CustomEvent<{ all: number }>;
  "helix:long-press": CustomEvent<null>;
  "helix:swipe": CustomEvent<{ to: string }>;
  "helix:undone": CustomEvent<EventDetail | null>;
  "helix:narrow": CustomEvent<{ address: string }>;
  "htmx:before:history:restore": CustomEvent;
  "text-expander-change": CustomEvent<{ key: string; text: string; provide: (result: Promise<object>) => void }>;
  "text-expander-activate": CustomEvent<null>;
  "text-expander-value": CustomEvent<{ item: HTMLElement; key: string; value: string }>;
  toast: CustomEvent<ToastOptions & { text?: string; message?: string; value?: string; tone?: string }>;
}

interface ParentNode {
  querySelector<K extends keyof HTMLElementTagNameMap>(selector: K): HTMLElementTagNameMap[K] | null;
  querySelector<E extends Element = HTMLElement>(selector: string): E | null;
  querySelectorAll<K extends keyof HTMLElementTagNameMap>(selector: K): NodeListOf<HTMLElementTagNameMap[K]>;
  querySelectorAll<E extends Element = HTMLElement>(selector: string): NodeListOf<E>;
}

interface Element {
  closest<K extends keyof HTMLElementTagNameMap>(selector: K): HTMLElementTagNameMap[K] | null;
  closest<E extends Element = HTMLElement>(selector: string): E | null;
}

declare module "sortablejs" {
  interface SortableEvent {
    item: HTMLElement;
    from: HTMLElement;
    to: HTMLElement;
    oldIndex: number;
    newIndex: number;
    oldDraggableIndex: number;
    newDraggableIndex: number;
  }
  interface SortableOptions {
    onStart?: (event: SortableEvent) => void;
    onMove?: (event: { dragged: HTMLElement; to: HTMLElement }) => boolean;
    onEnd?: (event: SortableEvent) => void;
    [option: string]: unknown;
  }
  const Sortable: {
    create(list: HTMLElement, options: SortableOptions): object;
    get(list: HTMLElement): object | undefined;
  };
  export default Sortable;
}
