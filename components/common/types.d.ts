// Types that several parts share. Type files are never sent to the browser.

/** What Streamlit hands to a component's script with each run. */
export interface Component<Data> {
  data: Data;
  parentElement: HTMLElement | ShadowRoot;
  setTriggerValue(name: string, value: unknown): void;
}

type Listeners = {
  [Name in keyof HTMLElementEventMap as `on${Name}`]?: (event: HTMLElementEventMap[Name]) => unknown;
};

/** Attributes of a new element; its text, and its listeners, under `text` and `on…`. */
export interface Props extends Listeners {
  text?: string;
  [attribute: string]: string | number | boolean | null | undefined | ((event: never) => unknown);
}

/** A modality and how much of something has it. */
export interface ModalityShare {
  name: string;
  colour: string;
  share: number;
  hint: string;
}
