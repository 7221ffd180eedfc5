using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Operations;

/// <summary>Layers on tapes that continue cached sequences, against the same layers on a tape with all tokens.</summary>
public sealed class CacheTests : IDisposable
{
    private const int Batch = 2;
    private const int Time = 75;
    private const int Width = 48;

    private readonly WorkerTeam _team = new(2);

    public void Dispose() => _team.Dispose();

    [Fact]
    public void Latent_attention_keeps_latents_alone_and_has_the_bits_of_all_tokens_at_once()
    {
        var builder = new ModelBuilder(3);
        var options = new LatentAttentionOptions { Width = Width, Heads = 3, QueryRank = 20, KeyValueRank = 17, PlainWidth = 9, RotaryWidth = 6, ValueWidth = 11, Window = 40 };
        Check(builder, new LatentAttention(builder, "attention", options), columns: 17 + 6);
    }

    [Fact]
    public void Fused_attention_keeps_keys_and_values_and_has_the_bits_of_all_tokens_at_once()
    {
        var builder = new ModelBuilder(3);
        var options = new SelfAttentionOptions { Width = Width, Heads = 4, KeyValueHeads = 2, HeadWidth = 10, ValueWidth = 7, Fused = true };
        Check(builder, new SelfAttention(builder, "attention", options), columns: 2 * (10 + 7));
    }

    [Fact]
    public void Where_nothing_is_cached_all_rows_are_there_already()
    {
        using var tape = new Tape(_team, training: true);
        Tensor x = tape.Input("x", new Sequences(2, 3), 5, gradient: true);
        Assert.Same(x, tape.Cached(x));
        Assert.Empty(tape.Operations);
    }

    [Fact]
    public void Tapes_that_do_not_fit_the_cache_are_refused()
    {
        using var cache = new SequenceCache(2, 8);
        using var training = new Tape(_team, training: true);
        Assert.Contains("for inference", Assert.Throws<ArgumentException>(() => training.Cached(cache, 1, 1)).Message, StringComparison.Ordinal);
        using var tape = new Tape(_team, training: false);
        Assert.Throws<ArgumentException>(() => tape.Cached(cache, 3, 1));
        Assert.Throws<ArgumentException>(() => tape.Cached(cache, 1, 9));
        Sequences sequences = tape.Cached(cache, 1, 4);
        Assert.Throws<ArgumentException>(() => sequences.Cached!.Place(0, 5, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => sequences.Cached!.First = 2);
        tape.Cached(tape.Input("x", sequences, 5));
        using var other = new Tape(_team, training: false);
        Tensor wider = other.Input("x", other.Cached(cache, 2, 1), 6);
        Assert.Contains("5 columns, not 6", Assert.Throws<ArgumentException>(() => other.Cached(wider)).Message, StringComparison.Ordinal);
    }

    private void Check(ModelBuilder builder, IResidualBranch layer, int columns)
    {
        using Model model = builder.Build(_team, gradients: false);
        float[] inputs = Agreement.ToFloats(new TestNumbers(9).Normals(Batch * Time * Width));
        using Tape all = model.NewTape(training: false);
        (Tensor x, Tensor y) = Record(all, layer, new Sequences(Batch, Time));
        inputs.CopyTo(x.Value);
        all.Forward();
        float[] expected = y.Value.ToArray();

        using var cache = new SequenceCache(Batch + 1, Time + 3);
        using Tape first = model.NewTape(training: false), next = model.NewTape(training: false);
        Sequences prompt = first.Cached(cache, 1, 32), token = next.Cached(cache, Batch, 1);
        (Tensor px, Tensor py) = Record(first, layer, prompt);
        (Tensor tx, Tensor ty) = Record(next, layer, token);
        Assert.Equal((long)(Batch + 1) * (Time + 3) * columns * sizeof(float), cache.Bytes);
        token.Cached!.First = 1;
        int[] lengths = [30, 9];
        for (int sequence = 0; sequence < Batch; sequence++)
        {
            prompt.Cached!.First = 1 + sequence;
            prompt.Cached.Place(0, 0, lengths[sequence]);
            int floats = lengths[sequence] * Width;
            inputs.AsSpan(sequence * Time * Width, floats).CopyTo(px.Value);
            first.Forward();
            Assert.Equal(expected.AsSpan(sequence * Time * Width, floats).ToArray(), py.Value[..floats].ToArray());
        }

        for (int step = 0; step < 45; step++)
        {
            for (int sequence = 0; sequence < Batch; sequence++)
            {
                token.Cached.Place(sequence, lengths[sequence] + step, 1);
                inputs.AsSpan(((sequence * Time) + lengths[sequence] + step) * Width, Width).CopyTo(tx.Value[(sequence * Width)..]);
            }

            next.Forward();
            for (int sequence = 0; sequence < Batch; sequence++)
            {
                int at = ((sequence * Time) + lengths[sequence] + step) * Width;
                Assert.Equal(expected.AsSpan(at, Width).ToArray(), ty.Value.Slice(sequence * Width, Width).ToArray());
            }
        }
    }

    private static (Tensor Input, Tensor Output) Record(Tape tape, IResidualBranch layer, Sequences sequences)
    {
        Tensor x = tape.Input("x", sequences, Width);
        Tensor y = layer.Record(tape, x, x);
        tape.Output(y);
        tape.Compile();
        return (x, y);
    }
}
