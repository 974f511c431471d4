import { createContext, createElement, type ReactNode, useContext } from 'react';
import type { TuiStore } from './store/create-store.ts';

const EngineContext = createContext<TuiStore | null>(null);

/** Gives everything below it the engine, as the store sees it. */
export const EngineProvider = ({ tui, children }: { readonly tui: TuiStore; readonly children?: ReactNode }) =>
  createElement(EngineContext, { value: tui }, children);

/** The engine as the terminal sees it: its state, what agents say, and what was fetched. */
export function useEngine(): TuiStore {
  const tui = useContext(EngineContext);
  if (!tui) throw new Error('useEngine is called outside of EngineProvider: wrap the app in it');
  return tui;
}
