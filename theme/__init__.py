"""How the desk looks: Tailwind and daisyUI built from static_src/, scripts and pictures in assets/."""
