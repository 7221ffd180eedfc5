using MuonSharp.Nn.Tests.Reference;

namespace MuonSharp.Nn.Tests.Operations;

public class EmbeddingTests
{
    /// <summary>A copy is exact, and so is a single addition within half a unit in the last place.</summary>
    private const double Tolerance = 1e-6;

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 5, 1, 3)]
    [InlineData(3, 7, 65, 16)]
    [InlineData(1, 64, 5, 63)]
    [InlineData(3, 33, 300, 130)]
    public void Looks_up_rows_and_collects_their_gradients(int batch, int time, int vocabulary, int width)
    {
        using OperationRig rig = new();
        double[] table = rig.Random(vocabulary * width), dy = rig.Random(batch * time * width);
        int[] tokens = rig.RandomTokens(batch * time, vocabulary);
        Tensor parameter = rig.Parameter("table", vocabulary, table);
        Tensor y = rig.Tape.Embedding(rig.Tokens(tokens), parameter);
        rig.Expect("table", parameter, ReferenceEmbedding.Backward(tokens, dy, vocabulary, width));
        rig.Run(y, ReferenceEmbedding.Forward(tokens, table, width), dy, Tolerance);
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 1, 4, 5)]
    [InlineData(3, 17, 17, 15)]
    [InlineData(1, 64, 65, 64)]
    [InlineData(2, 9, 64, 130)]
    public void Adds_learned_positions_from_the_start_of_each_sequence(int batch, int time, int context, int width)
    {
        const int Vocabulary = 11;
        using OperationRig rig = new(2) { Sequences = new(batch, time) };
        double[] table = rig.Random(Vocabulary * width), learned = rig.Random(context * width), dy = rig.Random(batch * time * width);
        int[] tokens = rig.RandomTokens(batch * time, Vocabulary), places = ReferenceEmbedding.Positions(batch, time);
        Tensor tableParameter = rig.Parameter("table", Vocabulary, table), positions = rig.Parameter("positions", context, learned);
        Tensor y = rig.Tape.Embedding(rig.Tokens(tokens), tableParameter, positions);
        rig.Expect("table", tableParameter, ReferenceEmbedding.Backward(tokens, dy, Vocabulary, width));
        rig.Expect("positions", positions, ReferenceEmbedding.Backward(places, dy, context, width));
        double[] expected = ReferenceActivation.Map(
            ReferenceEmbedding.Forward(tokens, table, width), ReferenceEmbedding.Forward(places, learned, width), (a, b) => a + b);
        rig.Run(y, expected, dy, Tolerance);
    }
}
