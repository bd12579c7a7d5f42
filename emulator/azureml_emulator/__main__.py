"""`python -m azureml_emulator VERB`: the command `azureml-emulator`."""

from azureml_emulator.command.verbs import main

if __name__ == "__main__":
    main()
