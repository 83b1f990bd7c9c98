"""LeNet-5 as LeCun et al. published it in 1998: its layers, loss and optimizer, and its figures."""

# The steps of `networks.between_article_and_1998`: here, so that listing them loads nothing heavy.
STEPS_TO_1998 = ["input", "F6", "subsampling", "squashing", "start", "table", "RBF"]
# The constant j of eq. 9, of the "rubbish class": the paper gives no value.
RUBBISH = 10.0
