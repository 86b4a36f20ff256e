// Shows one card as Teams shows it in its light theme, as far as its looks are publicly known. Called by test_rendering.py.
const hostConfig = {
  fontTypes: Object.fromEntries(
    Object.entries({ default: "'Segoe UI', 'Liberation Sans', sans-serif", monospace: "'Cascadia Mono', 'Liberation Mono', monospace" }).map(
      ([name, fontFamily]) => [name, {
        fontFamily,
        fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 24 },
        fontWeights: { lighter: 400, default: 400, bolder: 600 },
      }],
    ),
  ),
  spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
  separator: { lineThickness: 1, lineColor: "#E1DFDD" },
  actions: {
    maxActions: 6, spacing: "default", buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left",
    showCard: { actionMode: "inline", inlineTopMargin: 16, style: "default" },
  },
  containerStyles: Object.fromEntries(
    Object.entries({ default: "#FFFFFF", emphasis: "#F5F5F5", accent: "#E8EBFA", good: "#E7F2DA", attention: "#FCF4F6", warning: "#FBF6D9" }).map(
      ([name, backgroundColor]) => [name, {
        backgroundColor,
        foregroundColors: Object.fromEntries(
          Object.entries({
            default: "#242424", dark: "#242424", light: "#FFFFFF", accent: "#4F52B2", good: "#237B4B", warning: "#835C00", attention: "#C4314B",
          }).map(([color, value]) => [color, { default: value, subtle: color === "default" ? "#616161" : value }]),
        ),
      }],
    ),
  ),
  factSet: {
    title: { weight: "bolder", wrap: true, maxWidth: 150 }, value: { wrap: true }, spacing: 12,
  },
};

window.show = (card) => {
  const markdown = window.markdownit({ html: false, linkify: true });
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };
  const adaptive = new AdaptiveCards.AdaptiveCard();
  adaptive.hostConfig = new AdaptiveCards.HostConfig(hostConfig);
  const context = new AdaptiveCards.SerializationContext();
  adaptive.parse(card, context);
  const events = Array.from({ length: context.eventCount }, (_, index) => context.getEventAt(index).message);
  document.body.replaceChildren(adaptive.render());
  for (const at of document.querySelectorAll("p, span")) {
    if (!at.children.length) {
      at.innerHTML = at.innerHTML.replace(/&lt;at&gt;(.*?)&lt;\/at&gt;/g, '<span class="mention">$1</span>');
    }
  }
  return {
    events,
    text: document.body.innerText,
    links: Array.from(document.querySelectorAll("a"), (link) => link.getAttribute("href")),
    mentions: Array.from(document.querySelectorAll(".mention"), (at) => at.innerText),
    emphasised: Array.from(document.querySelectorAll("em, code, h1, h2, ul, ol, del, img, hr"), (mark) => mark.tagName),
    tallest: Math.max(...Array.from(document.querySelectorAll(".ac-textBlock"), (block) => block.offsetWidth - document.body.clientWidth)),
  };
};
