// The film of the chosen recording: image k is frame k. No libraries.
'use strict';
// tell(frame) is called for each frame that is played.
const makePlayer = (box, tell) => {
  const video = box.querySelector('video'), button = box.querySelector('[data-play]');
  const problem = box.querySelector('.problem');
  let film = null, wanted = null;

  // Seeking takes a while: of frames asked for meanwhile only the last is looked up.
  const seek = () => {
    if (wanted === null || video.seeking || video.readyState < 1) return;
    video.currentTime = (wanted + 0.5) / film.fps;
    wanted = null;
  };
  const follow = () => {
    if (video.paused || video.seeking) return;
    tell(Math.floor(video.currentTime * film.fps + 1e-3));
  };
  const beat = () => { follow(); if (!video.paused) requestAnimationFrame(beat); };
  const named = () => { button.textContent = video.paused ? 'play' : 'pause'; };

  video.addEventListener('loadedmetadata', seek);
  video.addEventListener('seeked', seek);
  video.addEventListener('play', () => { named(); beat(); });
  video.addEventListener('pause', named);
  video.addEventListener('error', () => {
    if (!film) return;
    problem.textContent = `${film.src} cannot be played: it is not beside this page, or this browser does not know its codec.`;
    box.classList.add('broken');
  });
  const toggle = () => {
    if (!film) return;
    if (!video.paused) video.pause();
    else video.play().catch(() => {});      // a film that is not there tells so by itself
  };
  button.addEventListener('click', toggle);
  video.addEventListener('click', toggle);

  return {
    toggle,
    load(chosen) {
      video.pause();
      film = chosen; wanted = null;
      box.hidden = !film;
      box.classList.remove('broken');
      problem.textContent = '';
      if (film) video.src = film.src; else video.removeAttribute('src');
      named();
    },
    show(frame) { if (film) { wanted = frame; seek(); } },
  };
};
