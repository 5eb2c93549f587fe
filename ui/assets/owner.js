// Keeps a name in this browser for a year; the page reads it with every request.
export default function ({ data }) {
  document.cookie = `${data.name}=${data.value}; path=/; max-age=31536000; samesite=strict`;
}
