using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Tapes;

/// <summary>Rows that know that they are sequences: who hands it on, who needs it, what is refused.</summary>
public sealed class SequencesTests : IDisposable
{
    private readonly WorkerTeam _team = new(1);
    private readonly Tape _tape;

    public SequencesTests() => _tape = new Tape(_team, training: true);

    public void Dispose()
    {
        _tape.Dispose();
        _team.Dispose();
    }

    [Fact]
    public void Every_operation_hands_them_on_to_as_many_rows()
    {
        Sequences sequences = new(2, 3);
        Tensor table = _tape.Input("table", 6, 8, gradient: true), gain = _tape.Input("gain", 1, 8), weight = _tape.Input("weight", 24, 8);
        Tensor plain = _tape.Input("plain", 6, 8);
        Tensor x = _tape.Embedding(_tape.Tokens("tokens", sequences), table);
        Tensor fused = _tape.Linear(_tape.RmsNorm(x, gain), weight);
        Tensor[] derived =
        [
            x, fused, _tape.LayerNorm(x, gain), _tape.Activate(x, Activation.Tanh), _tape.Gated(x, x, Activation.Silu), _tape.Add(plain, x), _tape.Multiply(x, plain), _tape.Scale(x, 2),
            _tape.Dropout(x, 0.5, new RandomStream(1, "d")), _tape.Rotary(x, 4), _tape.Attention(fused, new AttentionShape { Heads = 2, HeadWidth = 4 }).Output,
            _tape.Slice(fused, 8, 8), _tape.Concatenate(plain, x), _tape.Reshape(x, 6),
        ];
        Assert.All(derived, tensor => Assert.Same(sequences, tensor.Sequences));

        // Other rows, or none of a sequence.
        Tensor heads = _tape.Reshape(x, 12);
        Assert.All([heads, _tape.MeanRows(x, 3), _tape.Activate(plain, Activation.Relu), _tape.Embedding(_tape.Tokens("words", 6), table)], tensor => Assert.Null(tensor.Sequences));
        Assert.Same(sequences, _tape.AsSequences(_tape.Reshape(heads, 6), sequences).Sequences);
    }

    [Fact]
    public void What_needs_them_says_where_they_come_from()
    {
        Tensor x = _tape.Input("x", 6, 12), table = _tape.Input("table", 9, 4);
        Refuses("[rotary] the rows are sequences: make the tokens or the input with Sequences, or call AsSequences; x [6, 12] has none", () => _tape.Rotary(x, 4));
        Refuses(
            "[attention] the rows are sequences: make the tokens or the input with Sequences, or call AsSequences; x [6, 12] has none",
            () => _tape.Attention(x, new AttentionShape { Heads = 1, HeadWidth = 4 }));
        Refuses(
            "[embedding] with positions, the tokens are sequences: make them with Sequences; 'words' has none",
            () => _tape.Embedding(_tape.Tokens("words", 6), table, table));
        Refuses("[sequences] every row is a token of a sequence; x [6, 12], sequences 2 x 4", () => _tape.AsSequences(x, new Sequences(2, 4)));
        _tape.AsSequences(x, new Sequences(2, 3));
        _tape.AsSequences(x, new Sequences(2, 3));
        Refuses("[sequences] rows are sequences once; x [6, 12] is 2 x 3, not 3 x 2", () => _tape.AsSequences(x, new Sequences(3, 2)));
    }

    [Fact]
    public void Sizes_that_are_none_are_refused()
    {
        Refuses("[sequences] there is at least one sequence with one token; batch 0, time 4", () => new Sequences(0, 4));
        Refuses("[sequences] the context is at least the time; context 3, time 4", () => new Sequences(1, 4) { Context = 3 });
        Refuses("[sequences] every row has a position; 5 positions, 8 rows", () => new Sequences(2, 4) { Positions = _tape.Tokens("positions", 5) });
        Assert.Equal([0, 1, 2, 0, 1, 2], _tape.Packed(2, 3).Positions!.Span.ToArray());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void Positions_outside_of_the_context_stop_the_run(int position)
    {
        Sequences sequences = _tape.Packed(2, 3, context: 5);
        Tensor x = _tape.Input("x", sequences, 4, gradient: true);
        Tensor y = _tape.Rotary(x, 4);
        _tape.Seed(y);
        _tape.Compile();
        sequences.Positions!.Span[4] = position;
        ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(_tape.Forward);
        Assert.StartsWith($"[rotary] positions are 0 to 4; {position} in row 4", error.Message, StringComparison.Ordinal);
        sequences.Positions.Span[4] = 4;
        _tape.Forward();
    }

    private static void Refuses(string message, Func<object> record) => Assert.Equal(message, Assert.Throws<ArgumentException>(record).Message);
}
