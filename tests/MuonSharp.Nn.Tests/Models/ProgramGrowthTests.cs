using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>A process that evaluates and generates for ever does not grow. Runs alone: it counts native memory.</summary>
[Collection(nameof(WholeProcess))]
public class ProgramGrowthTests
{
    [Theory]
    [InlineData("gpt2", Explicit = true)]
    [InlineData("llama")]
    public void A_thousand_evaluations_and_generations_of_different_lengths_end_with_the_memory_of_the_first_ten(string family)
    {
        const int Context = 1200;
        using var team = new WorkerTeam(1);
        using var model = new LanguageModel(
            TinyModels.Of(family) with { Layers = 1, Width = 16, Heads = 2, KeyValueHeads = null, HiddenWidth = 16, Context = Context }, 1, team, gradients: false);
        float[] logits = new float[TinyModels.Vocabulary];
        long most = 0;
        for (int i = 0; i < 1000; i++)
        {
            // The longest come first: whatever comes later needs no more, unless something is kept.
            Run(Context - i, loss: i % 2 == 0);
            most = i < 10 ? Math.Max(most, NativeBuffer.LiveBytes) : most;
        }

        Assert.InRange(NativeBuffer.LiveBytes, 1, most);
        Assert.True(most > 0);

        void Run(int time, bool loss)
        {
            LanguageProgram program = model.Program(1, time, training: false, loss);
            program.Forward();
            program.Logits(0, time - 1, logits);
        }
    }

    [Fact]
    public void A_program_without_a_loss_has_the_logits_of_one_with_it_and_less_memory()
    {
        using var team = new WorkerTeam(1);
        using LanguageModel model = TinyModels.Create(TinyModels.Gpt2 with { Vocabulary = 5000 }, team);
        LanguageProgram with = model.Program(2, 60, training: false), without = model.Program(2, 60, training: false, loss: false);
        float[] expected = new float[5000], actual = new float[5000];
        foreach (LanguageProgram program in new[] { with, without })
        {
            new Reference.TestNumbers(4).Tokens(120, 5000).CopyTo(program.Inputs);
            program.Forward();
        }

        with.Logits(1, 30, expected);
        without.Logits(1, 30, actual);
        Assert.Equal(expected, actual);
        Assert.Equal(with.MaximumLogits.ToArray(), without.MaximumLogits.ToArray());
        Assert.True(without.Targets.IsEmpty);
        // The loss holds [tokens, vocabulary] logits; all else of this small model fits beneath them.
        Assert.InRange(with.MemoryPlan.ArenaLength, 120 * 5000, long.MaxValue);
        Assert.InRange(without.MemoryPlan.ArenaLength, 1, 120 * 5000 / 5);
        Assert.Throws<InvalidOperationException>(() => without.GradientScale = 1);
        Assert.Throws<ArgumentException>(() => model.Program(2, 60, training: true, loss: false));
    }

    [Fact]
    public void A_program_that_its_model_has_let_go_says_so()
    {
        using var team = new WorkerTeam(1);
        using LanguageModel model = TinyModels.Create(TinyModels.Gpt2, team);
        LanguageProgram training = model.Program(1, 5, training: true), first = model.Program(1, 5, training: false);
        for (int time = 10; time < 10 + LanguageModel.KeptPrograms; time++) model.Program(1, time, training: false);

        Assert.Throws<ObjectDisposedException>(() => first.Inputs.Clear());
        Assert.Throws<ObjectDisposedException>(() => first.Forward());
        Assert.Throws<ObjectDisposedException>(() => first.Logits(0, 0, new float[TinyModels.Vocabulary]));
        Assert.Same(training, model.Program(1, 5, training: true));
        TinyModels.Write(training);
        Assert.True(training.Forward() > 0);
    }
}
