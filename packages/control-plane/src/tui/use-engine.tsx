import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { TuiStore } from './store/create-store.ts';
import type { TuiState } from './store/state.ts';

const EngineContext = createContext<TuiStore | null>(null);

/** Gives everything below it the engine, as the store sees it. */
export function EngineProvider({ tui, children }: { readonly tui: TuiStore; readonly children: ReactNode }) {
  return <EngineContext value={tui}>{children}</EngineContext>;
}

/** The engine as the terminal sees it: its state, what agents say, and what was fetched. */
export function useEngine(): TuiStore {
  const tui = useContext(EngineContext);
  if (!tui) throw new Error('useEngine is called outside of EngineProvider: wrap the app in it');
  return tui;
}

/** A part of the state; drawn anew only when that part is another object. */
export function useTuiState<T>(part: (state: TuiState) => T): T {
  return useStore(useEngine().store, part);
}
