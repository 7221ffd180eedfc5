using MuonSharp.Numerics;

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

    [Theory]
    [InlineData(0.0, new[] { 0, 1, 2, 3, 4 })]
    [InlineData(0.1, new[] { 0, 1, 2, 3 })]
    [InlineData(0.2, new[] { 1, 2, 3 })]
    [InlineData(0.5, new[] { 1, 3 })]
    [InlineData(1.0, new[] { 1, 3 })]
    public void Min_p_keeps_those_that_are_likely_enough_beside_the_likeliest(double p, int[] expected)
    {
        // exp(logit - 3): 0.135, 1, 0.368, 1, 0.018.
        Assert.Equal(expected, Drawn(new() { Temperature = 1, MinP = p }));
        Assert.Equal(expected.Intersect([1, 2, 3]), Drawn(new() { Temperature = 1, MinP = p, TopK = 3 }));
        Assert.Equal(expected.Intersect([1, 3]), Drawn(new() { Temperature = 1, MinP = p, TopP = 0.5 }));
    }

    [Theory]
    [InlineData(1.0, new int[0], 1)]
    [InlineData(1.6, new[] { 1, 3 }, 2)]
    [InlineData(1.6, new[] { 1, 1, 1 }, 3)]
    [InlineData(1.4, new[] { 1, 3 }, 1)]
    [InlineData(4.0, new[] { 1, 2, 3 }, 0)]
    [InlineData(0.2, new[] { 0 }, 0)]
    public void The_penalty_is_for_tokens_that_were_seen_and_once_for_each(double penalty, int[] seen, int expected)
    {
        TokenSampler sampler = new(5, new() { Temperature = 0, RepetitionPenalty = penalty });
        Assert.Equal(expected, sampler.Draw(s_logits, 0, 0, 0, seen));
        Assert.Equal(expected, sampler.Draw(s_logits, 0, 1, 0, seen));
    }

    [Fact]
    public void Negative_logits_are_multiplied_by_the_penalty()
    {
        TokenSampler sampler = new(2, new() { Temperature = 0, RepetitionPenalty = 3 });
        Assert.Equal(1, sampler.Draw([-1, -2], 0, 0, 0, [0]));
        Assert.Equal(0, sampler.Draw([-1, -4], 0, 0, 0, [0]));
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(40, 1.0)]
    [InlineData(700, 0.9)]
    [InlineData(0, 0.3)]
    [InlineData(0, 0.999)]
    public void Large_vocabularies_give_the_tokens_of_a_whole_sort(int topK, double topP)
    {
        const int Vocabulary = 3000, Draws = 40;
        float[] values = new float[Vocabulary];
        new RandomStream(5, "logits").FillUniform(values, 0, 0);
        float[] logits = [.. values.Select(value => MathF.Round(400 * value) / 40)];
        GenerationOptions options = new() { Temperature = 1.5, TopK = topK, TopP = topP, Seed = 9 };
        TokenSampler sampler = new(Vocabulary, options);
        int[] order = [.. Enumerable.Range(0, Vocabulary).OrderByDescending(token => logits[token]).ThenBy(token => token).Take(topK > 0 ? topK : Vocabulary)];
        double[] weights = [.. order.Select(token => Math.Exp(((double)logits[token] - logits[order[0]]) / options.Temperature))];
        double total = weights.Sum(), reached = 0;
        int kept = 0;
        while (kept < weights.Length && (kept == 0 || reached < topP * total)) reached += weights[kept++];
        RandomStream random = new(options.Seed, "generation");
        for (int position = 0; position < Draws; position++)
        {
            ulong bits = ((ulong)random.At(0, (uint)position, 0) << 32) | random.At(0, (uint)position, 1);
            double point = (bits >> 11) * Math.Pow(2, -53) * (topP < 1 ? reached : total);
            int place = 0;
            while (place < kept - 1 && point >= weights[place]) point -= weights[place++];
            Assert.Equal(order[place], sampler.Draw(logits, 0, position));
        }
    }

    [Fact]
    public void Draws_depend_on_seed_occasion_and_position_alone()
    {
        GenerationOptions options = new() { Temperature = 2, Seed = 8 };
        int[] one = Draws(options, occasion: 0);

        Assert.Equal(one, Draws(options, occasion: 0));
        Assert.NotEqual(one, Draws(options, occasion: 1));
        Assert.NotEqual(one, Draws(options with { Seed = 9 }, occasion: 0));
        TokenSampler sampler = new(5, options);
        Assert.NotEqual(one, Enumerable.Range(0, 50).Select(position => sampler.Draw(s_logits, 0, position, text: 1)));
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
        GenerationOptions options = new() { Tokens = -1, Temperature = double.NaN, TopK = -2, TopP = 0, MinP = 2, RepetitionPenalty = 0, Stop = ["a", ""] };

        Assert.Equal(
            ["[generate] tokens", "[generate] temperature", "[generate] top-k", "[generate] top-p", "[generate] min-p", "[generate] repetition-penalty", "[generate] stop"],
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
