using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Several documents in a row of a language model's batch.</summary>
public sealed class PackedProgramTests : IDisposable
{
    private readonly WorkerTeam _team = new(2);

    public static TheoryData<string> Families => ["gpt2", "llama"];

    public void Dispose() => _team.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void With_one_document_a_sequence_the_bits_are_those_of_a_program_without_positions(string family)
    {
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { Dropout = 0.1 }, _team);
        LanguageProgram plain = model.Program(3, 100, training: true), packed = model.Program(3, 100, training: true, packed: true);
        Assert.NotSame(plain, packed);
        Assert.Same(packed, model.Program(3, 100, training: true, packed: true));
        Assert.Equal(ReferenceEmbedding.Positions(3, 100), packed.Positions.ToArray());
        Assert.True(plain.Positions.IsEmpty);
        TinyModels.Write(plain);
        TinyModels.Write(packed);
        (double loss, float[] gradients) = TinyModels.Step(model, plain);
        (double packedLoss, float[] packedGradients) = TinyModels.Step(model, packed);
        Assert.Equal(loss, packedLoss);
        Assert.Equal(gradients, packedGradients);
    }

    /// <summary>Attention takes keys by blocks of 64: a document that begins with one, or lies in one, meets the same blocks as alone.</summary>
    [Theory]
    [InlineData("gpt2", true, 64, 20, 44, 32)]
    [InlineData("llama", true, 64, 20, 44, 32)]
    [InlineData("gpt2", true, 1, 2, 61, 96)]
    [InlineData("llama", true, 128, 7, 9, 16)]
    [InlineData("gpt2", false, 30, 100, 30)]
    [InlineData("llama", false, 30, 100, 30)]
    public void A_document_has_the_logits_that_it_has_alone(string family, bool toTheBit, params int[] lengths)
    {
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { Window = null }, _team);
        LanguageProgram packed = model.Program(1, 160, training: false, packed: true);
        TinyModels.Write(packed);
        int row = 0;
        foreach (int length in lengths)
        {
            for (int t = 0; t < length; t++) packed.Positions[row++] = t;
        }

        Assert.Equal(160, row);
        packed.Forward();
        row = 0;
        foreach (int length in lengths)
        {
            LanguageProgram alone = model.Program(1, length, training: false);
            packed.Inputs.Slice(row, length).CopyTo(alone.Inputs);
            alone.Forward();
            double[] expected = Agreement.ToDoubles(EngineModel.Logits(alone));
            float[] actual = [.. EngineModel.Logits(packed).AsSpan(row * TinyModels.Vocabulary, length * TinyModels.Vocabulary)];
            Agreement.Within($"document of {length}", expected, actual, toTheBit ? 0 : 2e-5);
            row += length;
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Any_number_of_threads_gives_the_same_bits(string family)
    {
        (double Loss, float[] Gradients)? expected = null;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var team = new WorkerTeam(threads);
            using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { Dropout = 0.1 }, team);
            LanguageProgram program = model.Program(4, 150, training: true, packed: true);
            TinyModels.Write(program);
            new TestNumbers(5).Documents(4, 150, 160).CopyTo(program.Positions);
            (double Loss, float[] Gradients) result = TinyModels.Step(model, program);
            expected ??= result;
            Assert.Equal(expected.Value.Loss, result.Loss);
            Assert.Equal(expected.Value.Gradients, result.Gradients);
        }
    }

    [Fact]
    public void A_position_outside_of_the_context_is_refused_by_both_kinds_of_positions()
    {
        foreach (string family in Families)
        {
            using LanguageModel model = TinyModels.Create(TinyModels.Of(family), _team);
            LanguageProgram program = model.Program(1, 4, training: false, packed: true);
            program.Positions[3] = model.Config.Context;
            ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(() => program.Forward());
            Assert.Contains("positions are 0 to 159; 160 in row 3", error.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Sixteen rotations of eight layers turn alike: cosines and sines of one table, not of sixteen.</summary>
    [Fact]
    public void All_rotations_of_a_program_share_one_table()
    {
        LanguageModelConfig config = TinyModels.Llama with { Layers = 8 };
        using LanguageModel model = TinyModels.Create(config, _team);
        foreach (LanguageProgram program in new[] { model.Program(1, 100, training: true), model.Program(1, 100, training: false, packed: true) })
        {
            TapeBuffer[] constant = [.. program.MemoryPlan.Buffers.Where(buffer => buffer.FirstUse < 0 && buffer.Name.StartsWith("rotary", StringComparison.Ordinal))];
            Assert.Equal(["rotary.cosines", "rotary.sines"], constant.Select(buffer => buffer.Name).Order(StringComparer.Ordinal));
            int positions = program.Positions.IsEmpty ? program.Time : config.Context;
            Assert.Equal(2L * positions * (config.EffectiveHeadWidth / 2), constant.Sum(buffer => buffer.Length));
            Assert.Equal(16, program.Operations.Count(operation => operation.Name == "rotary"));
        }
    }
}
