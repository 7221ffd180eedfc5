namespace MuonSharp.Training.Tests.Data;

public class TextDataTests
{
    private static int[] All(ITokenSource source)
    {
        int[] tokens = new int[source.Length];
        source.Read(0, tokens);
        return tokens;
    }

    private static TrainingConfig Config(int context) => new() { Model = new() { Context = context } };

    [Fact]
    public void The_last_tenth_is_held_out()
    {
        TextData data = TextData.FromText(new string('a', 95) + "bbbbbb", "x", Config(8));

        Assert.Equal(90, data.Training.Length);
        Assert.Equal(11, data.Validation.Length);
        Assert.Equal(data.Tokenizer.Encode("aaaaabbbbbb"), All(data.Validation));
    }

    [Fact]
    public void The_vocabulary_is_that_of_the_whole_text()
    {
        TextData data = TextData.FromText(new string('a', 99) + "z", "x", Config(8));

        Assert.Equal(2, data.Tokenizer.VocabularySize);
    }

    [Fact]
    public void A_text_that_fills_the_context_exactly_is_long_enough()
    {
        Assert.Equal(9, TextData.FromText(new string('a', 11), "x", Config(8)).Training.Length);
        BadInputException error = Assert.Throws<BadInputException>(() => TextData.FromText("aaaaaaaaaa", "short.txt", Config(9)));
        Assert.Equal(
            "[data] short.txt: the training part must hold model.context + 1 = 10 tokens; 9 of the text's 10 came", error.Message);
    }

    [Fact]
    public void Held_out_text_too_short_to_predict_is_refused_unless_nothing_is_evaluated()
    {
        TrainingConfig config = Config(4);

        Assert.Contains(
            "the validation part must hold 2 tokens; 1 of 10 came",
            Assert.Throws<BadInputException>(() => TextData.FromText("aaaaaaaaaa", "x", config)).Message,
            StringComparison.Ordinal);
        _ = TextData.FromText("aaaaaaaaaa", "x", config with { Evaluate = new() { Every = null } });
    }

    [Fact]
    public void The_hash_is_that_of_the_text()
    {
        string one = TextData.FromText("abcabcabcabcabcabcabcabcabc", "x", Config(4)).Sha256;

        Assert.Equal(one, TextData.FromText("abcabcabcabcabcabcabcabcabc", "y", Config(4)).Sha256);
        Assert.NotEqual(one, TextData.FromText("abcabcabcabcabcabcabcabcabd", "x", Config(4)).Sha256);
    }

    [Fact]
    public void A_runs_tokenizer_must_know_every_character()
    {
        ITokenizer tokenizer = CharacterTokenizer.FromText("abc");

        Assert.Throws<BadInputException>(() => TextData.FromText(new string('d', 50), "x", Config(4), tokenizer));
    }
}
