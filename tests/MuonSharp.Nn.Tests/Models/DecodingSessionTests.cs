using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Cached generation against programs that compute all tokens at once: the same bits, however the tokens were cut.</summary>
public sealed class DecodingSessionTests
{
    private static readonly Dictionary<string, LanguageModelConfig> s_models = new(StringComparer.Ordinal)
    {
        ["gpt2"] = TinyModels.Gpt2 with { TiedHead = false },
        ["gpt2 with a window"] = TinyModels.Gpt2 with { Window = 37 },
        ["llama"] = TinyModels.Llama with { Window = null },
        ["llama with windows by layer"] = TinyModels.Llama with { Window = null, WindowsByLayer = [70, null], Heads = 6, KeyValueHeads = 2, HeadWidth = 10, Biases = true },
        ["deepseek with experts"] = TinyModels.DeepSeek,
    };

    public static TheoryData<string, int> Models => new()
    {
        { "gpt2", 2 },
        { "gpt2 with a window", 1 },
        { "llama", 1 },
        { "llama with windows by layer", 2 },
        { "deepseek with experts", 2 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Logits_have_the_bits_of_uncached_ones_however_the_tokens_are_cut(string name, int threads)
    {
        using var team = new WorkerTeam(threads);
        using LanguageModel model = TinyModels.Create(s_models[name], team);
        int[] tokens = new TestNumbers(3).Tokens(150, TinyModels.Vocabulary);
        float[][] expected = Uncached(model, tokens);
        foreach (int[] cut in (int[][])[[150], [1, 149], [63, 1, 1, 64, 21], [5, 12, 3, 40, 70, 20]])
        {
            using var session = new DecodingSession(model);
            int length = 0;
            foreach (int count in cut)
            {
                session.Append(0, tokens.AsSpan(length, count));
                length += count;
                Assert.Equal(length, session.Length(0));
                Assert.Equal(expected[length - 1], session.Logits(0).ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Each_of_several_sequences_has_the_bits_that_it_has_alone(string name, int threads)
    {
        using var team = new WorkerTeam(threads);
        using LanguageModel model = TinyModels.Create(s_models[name], team);
        int[][] tokens = [.. Enumerable.Range(0, 3).Select(i => new TestNumbers((ulong)i).Tokens(90, TinyModels.Vocabulary))];
        float[][][] expected = [.. tokens.Select(sequence => Uncached(model, sequence))];
        using var session = new DecodingSession(model, sequences: 3, capacity: 90);
        session.Append(0, tokens[0].AsSpan(0, 55));
        session.Append(2, tokens[2].AsSpan(0, 2));
        session.Append(1, tokens[1].AsSpan(0, 17));
        int[] next = new int[3];
        for (int step = 0; step < 40; step++)
        {
            for (int i = 0; i < 3; i++)
            {
                int length = session.Length(i);
                next[i] = length < 90 && (step + i) % 5 > 0 ? tokens[i][length] : -1;
            }

            session.Step(next);
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(expected[i][session.Length(i) - 1], session.Logits(i).ToArray());
            }
        }

        Assert.Equal([87, 49, 34], Enumerable.Range(0, 3).Select(session.Length));
    }

    [Fact]
    public void A_trimmed_sequence_goes_on_as_if_nothing_had_followed()
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(s_models["llama"], team);
        int[] tokens = new TestNumbers(5).Tokens(160, TinyModels.Vocabulary);
        float[][] expected = Uncached(model, tokens);
        using var session = new DecodingSession(model);
        session.Append(0, tokens.AsSpan(0, 100));
        session.Append(0, [7, 7, 7]);
        session.Trim(0, 100);
        Assert.Throws<InvalidOperationException>(() => session.Logits(0).Length);
        session.Trim(0, 66);
        session.Append(0, tokens.AsSpan(66, 94));
        Assert.Equal(expected[159], session.Logits(0).ToArray());
        session.Trim(0, 160);
        Assert.Equal(expected[159], session.Logits(0).ToArray());
        session.Trim(0, 0);
        session.Append(0, tokens.AsSpan(0, 1));
        Assert.Equal(expected[0], session.Logits(0).ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_leaves_the_session_as_it_was()
    {
        using var team = new WorkerTeam(1);
        using LanguageModel model = TinyModels.Create(TinyModels.Gpt2, team);
        Assert.Contains("1 to 160", Assert.Throws<ArgumentException>(() => new DecodingSession(model, capacity: 161)).Message, StringComparison.Ordinal);
        using var session = new DecodingSession(model, sequences: 2, capacity: 20);
        session.Append(0, new int[20]);
        float[] logits = session.Logits(0).ToArray();
        Assert.Contains("at most 20", Assert.Throws<ArgumentException>(() => session.Append(0, [1])).Message, StringComparison.Ordinal);
        Assert.Contains("is full", Assert.Throws<ArgumentException>(() => session.Step([1, 1])).Message, StringComparison.Ordinal);
        Assert.Contains("0 to 60", Assert.Throws<ArgumentOutOfRangeException>(() => session.Append(1, [61])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => session.Append(1, []));
        Assert.Throws<ArgumentException>(() => session.Step([1]));
        Assert.Throws<ArgumentException>(() => session.Trim(0, 21));
        session.Step([-1, 3]);
        Assert.Equal((20, 1), (session.Length(0), session.Length(1)));
        Assert.Equal(logits, session.Logits(0).ToArray());
    }

    /// <summary>The logits behind each token, all tokens computed at once.</summary>
    private static float[][] Uncached(LanguageModel model, int[] tokens)
    {
        LanguageProgram program = model.Program(1, tokens.Length, training: false, loss: false);
        tokens.CopyTo(program.Inputs);
        program.Forward();
        float[][] logits = [.. tokens.Select(_ => new float[program.Vocabulary])];
        for (int t = 0; t < tokens.Length; t++)
        {
            program.Logits(0, t, logits[t]);
        }

        return logits;
    }
}

/// <summary>What decoding allocates.</summary>
[Collection(nameof(WholeProcess))]
public sealed class DecodingMemoryTests
{
    [Fact]
    public void Tokens_allocate_nothing_and_memory_stays_flat()
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(TinyModels.Llama, team);
        using var session = new DecodingSession(model, sequences: 2);
        int[] prompt = new TestNumbers(5).Tokens(70, TinyModels.Vocabulary), next = [3, 4];
        for (int i = 0; i < 3; i++)
        {
            Generate();
        }

        long native = NativeBuffer.LiveBytes;

        // The whole process is counted, workers too. What the test runner allocates beside it may fall into a round, not into all.
        long managed = long.MaxValue;
        for (int round = 0; round < 50 && managed > 0; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 20; i++)
            {
                Generate();
            }

            managed = Math.Min(managed, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.Equal(0, managed);
        Assert.Equal(native, NativeBuffer.LiveBytes);
        Assert.Equal(2L * 160 * 2 * 2 * 2 * 16 * sizeof(float), session.CacheBytes);

        void Generate()
        {
            for (int sequence = 0; sequence < 2; sequence++)
            {
                session.Trim(sequence, 0);
                session.Append(sequence, prompt);
            }

            for (int step = 0; step < 20; step++)
            {
                session.Step(next);
            }
        }
    }
}
