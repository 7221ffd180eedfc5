using System.Numerics;
using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Data;

public class SequenceSamplerTests
{
    private static readonly int[] s_tokens = [.. Enumerable.Range(0, 1000)];

    public static TheoryData<string> Orders { get; } = [.. SequenceSamplers.Names];

    [Theory]
    [MemberData(nameof(Orders))]
    public void Targets_are_the_inputs_one_token_later_and_micro_batches_together_are_the_whole_batch(string order)
    {
        (int[] inputs, int[] targets) = Batch(order, step: 3, microBatch: 0, microBatches: 1, samples: 6);
        Assert.Equal(inputs.Select(token => token + 1), targets);
        Assert.All(Enumerable.Range(0, inputs.Length).Where(i => i % 16 != 0), i => Assert.Equal(inputs[i - 1] + 1, inputs[i]));
        Assert.Equal(inputs, Enumerable.Range(0, 3).SelectMany(micro => Batch(order, step: 3, micro, microBatches: 3, samples: 2).Inputs));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void A_draw_is_a_function_of_its_numbers_alone(string order)
    {
        ISequenceSampler one = SequenceSamplers.Create(order, 7), other = SequenceSamplers.Create(order, 7);
        SequenceDraw[] draws = [.. Enumerable.Range(0, 60).Select(i => Draw(1 + (i * 13 % 20), i % 8, samples: 8))];
        long[] forward = [.. draws.Select(one.StartOf)];
        Assert.Equal(forward, draws.Reverse().Select(other.StartOf).Reverse());
        Assert.All(forward, start => Assert.InRange(start, 0, 1000 - 16 - 1));
        Assert.Equal(order == "sequential", forward.SequenceEqual(draws.Select(SequenceSamplers.Create(order, 8).StartOf)));
    }

    [Fact]
    public void Random_windows_start_at_64_random_bits_of_all_places_where_a_sequence_can()
    {
        const long Tokens = 300_000_000_000;
        RandomStream bits = new(11, "batches");
        RandomWindows sampler = new(11);
        for (int sample = 0; sample < 50; sample++)
        {
            BigInteger drawn = ((BigInteger)bits.At(4, (uint)sample, 0) << 32) | bits.At(4, (uint)sample, 1);
            Assert.Equal((long)((drawn * (Tokens - 1024)) >> 64), sampler.StartOf(new(4, sample, 50, Tokens, 1024)));
        }
    }

    [Fact]
    public void Every_start_is_drawn_about_equally_often()
    {
        RandomWindows sampler = new(5);
        int[] counts = new int[10];
        for (int step = 1; step <= 1000; step++)
        {
            for (int sample = 0; sample < 10; sample++) counts[sampler.StartOf(new(step, sample, 10, 26, 16))]++;
        }

        // 10,000 draws over 10 starts: the standard deviation of a count is 30.
        Assert.All(counts, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Windows_in_order_go_through_the_tokens_again_and_again()
    {
        SequentialWindows sampler = new();
        long[] starts = [.. Enumerable.Range(0, 200).Select(number => sampler.StartOf(Draw(1 + (number / 8), number % 8, samples: 8)))];
        Assert.Equal(Enumerable.Range(0, 200).Select(number => number % 62 * 16L), starts);
    }

    [Fact]
    public void Shuffled_windows_come_once_in_an_epoch_in_another_order_each_time()
    {
        ShuffledWindows sampler = new(3);
        long[] starts = [.. Enumerable.Range(0, 3 * 62).Select(number => sampler.StartOf(Draw(1 + (number / 6), number % 6, samples: 6)))];
        long[] all = [.. Enumerable.Range(0, 62).Select(window => window * 16L)];
        long[][] epochs = [.. starts.Chunk(62)];
        Assert.All(epochs, epoch => Assert.Equal(all, epoch.Order()));
        Assert.NotEqual(all, epochs[0]);
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.NotEqual(epochs[1], epochs[2]);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public void Tokens_for_one_sequence_have_one_start(string order)
    {
        ISequenceSampler sampler = SequenceSamplers.Create(order, 5);
        Assert.All(Enumerable.Range(0, 100), sample => Assert.Equal(0, sampler.StartOf(new(1, sample, 100, 17, 16))));
        Assert.Throws<ArgumentException>(() => new TokenBatches(new MemoryTokens(s_tokens.AsMemory(0, 16)), sampler, 16, 1000));
    }

    [Fact]
    public void What_a_source_or_a_sampler_may_not_give_is_refused()
    {
        TokenBatches foreign = new(new MemoryTokens(s_tokens), new SequentialWindows(), 16, vocabulary: 40);
        BadInputException error = Assert.Throws<BadInputException>(() => foreign.Fill(1, 0, 1, new int[48], new int[48]));
        Assert.Equal("[data] tokens are 0 to 39, as the model knows them; 40 came at 40", error.Message);
        TokenBatches late = new(new MemoryTokens(s_tokens), new TooLate(), 16, vocabulary: 1000);
        Assert.Equal("[data] a sequence starts at 0 to 983; the sampler says 984", Assert.Throws<BadInputException>(() => late.Fill(1, 0, 1, new int[16], new int[16])).Message);
    }

    [Fact]
    public void A_part_of_a_source_is_read_from_its_own_start_and_not_beyond_its_end()
    {
        TokenRange part = new(new TokenRange(new MemoryTokens(s_tokens), 100, 500), 50, 20);
        int[] read = new int[5];
        part.Read(15, read);
        Assert.Equal([165, 166, 167, 168, 169], read);
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Read(16, read));
        Assert.Throws<ArgumentOutOfRangeException>(() => part.Read(-1, read));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenRange(part, 10, 11));
        Assert.NotEqual(new TokenRange(part, 0, 5).Identity, new TokenRange(part, 1, 5).Identity);
        Assert.NotEqual(new MemoryTokens(new[] { 1, 2 }).Identity, new MemoryTokens(new[] { 2, 1 }).Identity);
    }

    private static SequenceDraw Draw(long step, int sample, long samples) => new(step, sample, samples, s_tokens.Length, 16);

    private static (int[] Inputs, int[] Targets) Batch(string order, long step, int microBatch, int microBatches, int samples)
    {
        int[] inputs = new int[samples * 16];
        int[] targets = new int[inputs.Length];
        new TokenBatches(new MemoryTokens(s_tokens), SequenceSamplers.Create(order, 1), 16, 1000).Fill(step, microBatch, microBatches, inputs, targets);
        return (inputs, targets);
    }

    private sealed class TooLate : ISequenceSampler
    {
        public string Identity => "too late";

        public long StartOf(SequenceDraw draw) => draw.Starts;
    }
}
