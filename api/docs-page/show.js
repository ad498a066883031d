// What swagger-ui-bundle.js defines. The validator's badge would be fetched from elsewhere.
window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
