// Runs before the first paint so that neither theme nor text size ever flashes. A classic script: modules come too late.
try {
  const { appearance, textScale } = JSON.parse(localStorage.getItem('parley.preferences') ?? '{}')
  if (appearance === 'light' || appearance === 'dark') document.documentElement.dataset.theme = appearance
  if (typeof textScale === 'number') document.documentElement.style.setProperty('--text-scale', String(textScale))
} catch {
  // Storage may be switched off; the defaults follow the system.
}
