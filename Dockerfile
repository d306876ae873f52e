FROM node:24-bookworm-slim

# git drives mirrors and worktrees, bubblewrap holds the agent and the gates.
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap ca-certificates git \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Parsers and ripgrep come as optional packages for each platform. So does Node, which the image has.
RUN npm ci --omit=dev \
  && rm -rf node_modules/node-linux-* node_modules/node-win-* node_modules/.bin/node \
  && npm cache clean --force
COPY app.yml tsconfig.json ./
COPY src ./src

# A volume of its own, so that goals survive the container.
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 OMK_DATA_DIR=/data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+(process.env.PORT||3000)+'/readyz').then((r)=>process.exit(r.ok?0:1),()=>process.exit(1))"]
CMD ["node", "src/cli/omk.ts", "start"]
