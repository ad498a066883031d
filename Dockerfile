# Gateway and worker are one image; the compose file says which of the two a container is.
ARG NODE_VERSION=20.20.2

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
# Packages first: they are installed again only when the lockfile changes. better-sqlite3 is compiled here.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/build.mjs
RUN npm prune --omit=dev --no-audit --no-fund

FROM node:${NODE_VERSION}-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# A volume takes over owner and mode of the folder that it is first mounted on.
RUN mkdir -p /ml /models /shared && chown node:node /ml /models /shared
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/dashboard/index.html /app/dashboard/style.css ./dashboard/
COPY --from=build /app/api/docs-page ./api/docs-page
COPY --from=build /app/ledger/migrations ./ledger/migrations
COPY --from=build /app/controller/migrations ./controller/migrations
COPY --from=build /app/strategy_schemas ./strategy_schemas
COPY --from=build /app/temporal/failure-converter.cjs ./temporal/failure-converter.cjs
USER node
CMD ["node", "dist/api/server.js"]
