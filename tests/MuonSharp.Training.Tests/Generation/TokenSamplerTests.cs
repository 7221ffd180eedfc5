namespace MuonSharp.Training.Tests.Generation;

public class TokenSamplerTests
{
    private static readonly float[] s_logits = [1, 3, 2, 3, -1];

    [Fact]
    public void Temperature_zero_takes_the_likeliest_and_of_equals_the_first()
    {
        TokenSampler sampler = new(5, new() { Temperature = 0 });

        Assert.All(Enumerable.Range(0, 20), position => Assert.Equal(1, sampler.Draw(s_logits, 0, position)));
    }

    [Fact]
    public void Tokens_are_drawn_as_often_as_softmax_says()
    {
        const double Temperature = 0.7;
        int[] counts = Count(new() { Temperature = Temperature, Seed = 3 }, 20_000);
        double[] weights = [.. s_logits.Select(logit => Math.Exp(logit / Temperature))];

        for (int token = 0; token < 5; token++)
        {
            // Four standard deviations of a binomial count are at most 2 * sqrt(20,000) = 283.
            Assert.Equal(weights[token] / weights.Sum() * 20_000, counts[token], 283.0);
        }
    }

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 1, 3 })]
    [InlineData(3, new[] { 1, 2, 3 })]
    [InlineData(99, new[] { 0, 1, 2, 3, 4 })]
    public void Top_k_keeps_the_k_likeliest(int k, int[] expected) => Assert.Equal(expected, Drawn(new() { Temperature = 3, TopK = k }));

    [Theory]
    [InlineData(0.001, new[] { 1 })]
    [InlineData(0.39, new[] { 1 })]
    [InlineData(0.5, new[] { 1, 3 })]
    [InlineData(0.9, new[] { 1, 2, 3 })]
    [InlineData(0.97, new[] { 0, 1, 2, 3 })]
    [InlineData(1, new[] { 0, 1, 2, 3, 4 })]
    public void Top_p_keeps_the_fewest_that_reach_the_share(double p, int[] expected)
    {
        // Softmax of the logits: 0.054, 0.397, 0.146, 0.397, 0.007.
        Assert.Equal(expected, Drawn(new() { Temperature = 1, TopP = p }));
    }

    [Fact]
    public void Draws_depend_on_seed_occasion_and_position_alone()
    {
        GenerationOptions options = new() { Temperature = 2, Seed = 8 };
        int[] one = Draws(options, occasion: 0);

        Assert.Equal(one, Draws(options, occasion: 0));
        Assert.NotEqual(one, Draws(options, occasion: 1));
        Assert.NotEqual(one, Draws(options with { Seed = 9 }, occasion: 0));
    }

    [Fact]
    public void A_broken_model_gives_some_token_instead_of_a_crash()
    {
        TokenSampler sampler = new(3, new() { TopK = 2, TopP = 0.5 });

        Assert.Equal(0, sampler.Draw([float.NaN, float.NaN, float.NaN], 0, 0));
        Assert.Equal(2, sampler.Draw([float.NaN, 1, float.PositiveInfinity], 0, 0));
        Assert.Equal(1, sampler.Draw([float.NaN, 1, float.NegativeInfinity], 0, 0));
    }

    [Fact]
    public void Options_that_break_rules_are_all_reported()
    {
        GenerationOptions options = new() { Tokens = -1, Temperature = double.NaN, TopK = -2, TopP = 0 };

        Assert.Equal(
            ["[generate] tokens", "[generate] temperature", "[generate] top-k", "[generate] top-p"],
            options.Validate().Select(problem => string.Join(' ', problem.Split(' ')[..2])));
        Assert.Empty(new GenerationOptions().Validate());
    }

    private static int[] Count(GenerationOptions options, int draws)
    {
        TokenSampler sampler = new(5, options);
        int[] counts = new int[5];
        for (int position = 0; position < draws; position++)
        {
            counts[sampler.Draw(s_logits, 0, position)]++;
        }

        return counts;
    }

    private static int[] Drawn(GenerationOptions options)
    {
        int[] counts = Count(options, 2000);
        return [.. Enumerable.Range(0, 5).Where(token => counts[token] > 0)];
    }

    private static int[] Draws(GenerationOptions options, long occasion)
    {
        TokenSampler sampler = new(5, options);
        return [.. Enumerable.Range(0, 50).Select(position => sampler.Draw(s_logits, occasion, position))];
    }
}
