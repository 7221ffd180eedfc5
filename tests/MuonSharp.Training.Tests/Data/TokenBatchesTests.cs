using System.Numerics;
using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Data;

public class TokenBatchesTests
{
    private static readonly int[] s_tokens = [.. Enumerable.Range(0, 1000)];

    [Fact]
    public void Targets_are_the_inputs_one_token_later()
    {
        (int[] inputs, int[] targets) = Batch(new(s_tokens, 16, seed: 1), step: 1, first: 0, samples: 8);

        Assert.Equal(inputs.Select(token => token + 1), targets);
        for (int i = 1; i < inputs.Length; i++)
        {
            Assert.Equal(i % 16 == 0, inputs[i] != inputs[i - 1] + 1);
        }
    }

    [Fact]
    public void The_same_key_draws_the_same_sequences()
    {
        TokenBatches batches = new(s_tokens, 16, seed: 1);
        (int[] later, _) = Batch(batches, step: 9, first: 0, samples: 4);
        (int[] again, _) = Batch(new(s_tokens, 16, seed: 1), step: 9, first: 0, samples: 4);

        Assert.Equal(later, again);
        Assert.NotEqual(later, Batch(batches, step: 8, first: 0, samples: 4).Inputs);
        Assert.NotEqual(later, Batch(new(s_tokens, 16, seed: 2), step: 9, first: 0, samples: 4).Inputs);
    }

    [Fact]
    public void Micro_batches_together_are_the_whole_batch()
    {
        TokenBatches batches = new(s_tokens, 16, seed: 1);
        int[] whole = Batch(batches, step: 3, first: 0, samples: 6).Inputs;

        int[] parts = [.. Batch(batches, 3, 0, 2).Inputs, .. Batch(batches, 3, 2, 2).Inputs, .. Batch(batches, 3, 4, 2).Inputs];

        Assert.Equal(whole, parts);
    }

    [Fact]
    public void Every_start_is_drawn_about_equally_often()
    {
        TokenBatches batches = new(s_tokens.AsMemory(0, 26), 16, seed: 5);
        int[] counts = new int[10];
        for (int step = 0; step < 1000; step++)
        {
            for (int sample = 0; sample < 10; sample++)
            {
                counts[batches.StartOf(step, sample)]++;
            }
        }

        // 10,000 draws over 10 starts: the standard deviation of a count is 30.
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void A_start_has_sixty_four_random_bits()
    {
        TokenBatches batches = new(s_tokens, 16, seed: 5);
        RandomStream stream = new(5, "batches");
        for (uint sample = 0; sample < 100; sample++)
        {
            BigInteger bits = (new BigInteger(stream.At(7, sample, 0)) << 32) + stream.At(7, sample, 1);
            Assert.Equal((int)((bits * (1000 - 16)) >> 64), batches.StartOf(7, (int)sample));
        }
    }

    [Fact]
    public void A_text_of_context_and_one_token_has_one_start()
    {
        TokenBatches batches = new(s_tokens.AsMemory(0, 17), 16, seed: 5);

        Assert.All(Enumerable.Range(0, 100), sample => Assert.Equal(0, batches.StartOf(1, sample)));
        Assert.Throws<ArgumentException>(() => new TokenBatches(s_tokens.AsMemory(0, 16), 16, seed: 5));
    }

    [Fact]
    public void Spans_that_hold_no_whole_sequences_are_refused()
    {
        TokenBatches batches = new(s_tokens, 16, seed: 1);

        Assert.Throws<ArgumentException>(() => batches.Fill(1, 0, new int[31], new int[31]));
        Assert.Throws<ArgumentException>(() => batches.Fill(1, 0, new int[32], new int[16]));
    }

    private static (int[] Inputs, int[] Targets) Batch(TokenBatches batches, long step, int first, int samples)
    {
        int[] inputs = new int[samples * batches.Context];
        int[] targets = new int[inputs.Length];
        batches.Fill(step, first, inputs, targets);
        return (inputs, targets);
    }
}
