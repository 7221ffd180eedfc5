namespace MuonSharp.Training.Tests.Configuration;

public class KeySuggestionTests
{
    [Theory]
    [InlineData("auxiliary.lr", "optimizer.auxiliary.learningRate")]
    [InlineData("lr", "optimizer.learningRate")]
    [InlineData("--lr", "optimizer.learningRate")]
    [InlineData("learning-rate", "optimizer.learningRate")]
    [InlineData("learning_rate", "optimizer.learningRate")]
    [InlineData("weight_decay", "optimizer.weightDecay")]
    [InlineData("batch", "train.batch")]
    [InlineData("batch_size", "train.batch")]
    [InlineData("epochs", "train.steps")]
    [InlineData("device", "train.threads")]
    [InlineData("patience", "train.stopAfter")]
    [InlineData("init", "train.from")]
    [InlineData("block_size", "model.context")]
    [InlineData("blockSize", "optimizer.blockSize")]
    [InlineData("n_layer", "model.layers")]
    [InlineData("layers", "model.layers")]
    [InlineData("model.layer", "model.layers")]
    [InlineData("optimzer", "optimizer")]
    [InlineData("train.stesp", "train.steps")]
    [InlineData("train.steps", "train.steps")]
    public void A_word_is_taken_for_the_key_that_is_meant(string typed, string key) => Assert.Equal(key, ConfigKeys.Suggest(typed));

    [Theory]
    [InlineData("xylophone")]
    [InlineData("")]
    public void A_word_that_is_near_to_nothing_is_taken_for_nothing(string typed) => Assert.Null(ConfigKeys.Suggest(typed));

    [Fact]
    public void The_message_says_what_is_meant()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new TrainingConfigBuilder().Set("lr", "0.1").Build());
        Assert.Equal("[config] a key must be a known one; 'lr' came; did you mean 'optimizer.learningRate'?", Assert.Single(error.Problems));
    }

    [Fact]
    public void In_a_file_it_says_the_line_too()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("my.json", "// mine\n\n{\n  \"model\": { \"layers\": 2 },\n  \"optimzer\": { \"name\": \"muon\" },\n  \"train\": {\n    \"lr\": 1 }\n}");
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => new TrainingConfigBuilder().AddFile(file).Build());
        Assert.Equal(
            [
                $"[config] {file}: a key must be a known one; 'optimzer' came; did you mean 'optimizer'? (line 5)",
                $"[config] {file}: a key must be a known one; 'train.lr' came; did you mean 'optimizer.learningRate'? (line 7)",
            ],
            error.Problems);
    }

    [Fact]
    public void Other_words_are_suggested_and_never_taken_for_a_key() =>
        Assert.All(ConfigKeys.All.SelectMany(key => key.Synonyms), word => Assert.Null(ConfigKeys.Find(word)));
}
