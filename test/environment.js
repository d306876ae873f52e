import nodeVm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

/** Jest's own looks up each global (`Math`, `Array`) of a test through a proxy, which costs hundreds of times the lookup: this one has a plain global object. */
export default class PlainGlobals extends TestEnvironment {
  constructor(...args) {
    const { createContext } = nodeVm;
    nodeVm.createContext = () => createContext(nodeVm.constants.DONT_CONTEXTIFY);
    try {
      super(...args);
    } finally {
      nodeVm.createContext = createContext;
    }
  }
}
