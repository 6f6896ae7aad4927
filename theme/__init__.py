"""How the desk looks: Tailwind and daisyUI built from static_src/; scripts, pictures in assets/."""
