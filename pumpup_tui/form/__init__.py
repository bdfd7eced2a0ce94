"""The form that answers an elicitation."""
