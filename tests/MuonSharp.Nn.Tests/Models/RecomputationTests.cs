using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Blocks whose activations are computed again: the same bits for less memory.</summary>
[Collection(nameof(WholeProcess))]
public class RecomputationTests
{
    private const int Steps = 4;
    private const int MicroBatches = 2;

    public static TheoryData<string> Forms =>
    [
        "gpt2", "gpt2 dropout", "gpt2 untied", "gpt2 window gelu-tanh", "gpt2 relu-squared dropout", "llama", "llama dropout", "llama tied without norm of keys",
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Losses_logits_and_weights_have_the_same_bits_after_several_steps(string form)
    {
        (List<double> Losses, List<float> Logits, float[] Weights) kept = Train(form, recompute: false);
        (List<double> Losses, List<float> Logits, float[] Weights) again = Train(form, recompute: true);

        Assert.Equal(Steps * MicroBatches, kept.Losses.Distinct().Count());
        Assert.Equal(kept.Losses, again.Losses);
        Assert.Equal(kept.Logits, again.Logits);
        Assert.Equal(kept.Weights, again.Weights);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Of_a_block_nothing_but_its_input_outlives_the_forward_run(string form)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(Of(form), team, recompute: true);
        LanguageProgram program = model.Program(2, 100, training: true);
        TinyModels.Write(program);
        (double Loss, float[] Gradients) expected = TinyModels.Step(model, program);
        int last = program.Operations.Count - 1;
        var kept = program.MemoryPlan.Buffers.Where(buffer => buffer.FirstUse >= 0 && buffer.Lives.Any(life => life.First <= last && life.Last > last)).ToList();

        model.Parameters.ZeroGradients();
        program.Forward();
        Poison(program.MemoryPlan, kept);
        program.Backward();

        // A block's input, the last block's output with its two statistics of a row for the final norm, and the gradient that the head has made.
        int tokens = 2 * 100, width = model.Config.Width;
        long inputs = model.Config.Layers * (long)tokens * width;
        Assert.InRange(kept.Sum(buffer => buffer.Length), inputs, inputs + (2L * tokens * (width + 1)) + (model.Config.Layers * model.Config.Heads));
        Assert.Equal(expected.Gradients, TinyModels.Gradients(model));
    }

    [Fact]
    public void A_further_block_costs_the_memory_of_its_input_alone()
    {
        const int Batch = 3, Time = 128;
        long with4 = Arena(4, recompute: true), with8 = Arena(8, recompute: true), without4 = Arena(4, recompute: false), without8 = Arena(8, recompute: false);
        const long Input = Batch * Time * 64, Statistics = 16;

        Assert.Equal(4 * (Input + Statistics), with8 - with4);

        // Without: per token norm 64, qkv 192, log-sum-exp 4, heads 64, stream 64, norm 64, argument and value of GELU 512, stream 64, 4 numbers of the norms.
        Assert.Equal(4 * ((Batch * Time * 1032) + Statistics), without8 - without4);

        static long Arena(int layers, bool recompute)
        {
            using var team = new WorkerTeam(1);
            using LanguageModel model = TinyModels.Create(TinyModels.Gpt2 with { Layers = layers }, team, recompute: recompute);
            return model.Program(Batch, Time, training: true).MemoryPlan.ArenaLength;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_plan_is_as_small_as_the_busiest_time(string form)
    {
        using var team = new WorkerTeam(2);
        foreach (bool recompute in new[] { false, true })
        {
            using LanguageModel model = TinyModels.Create(Of(form) with { Layers = 6 }, team, recompute: recompute);
            MemoryPlan plan = model.Program(4, 160, training: true).MemoryPlan;

            Assert.InRange(plan.ArenaLength, plan.BusiestLength, plan.BusiestLength * 1.02);
            Assert.InRange(plan.NeededLength, plan.BusiestLength / 2, plan.BusiestLength);
        }
    }

    private static LanguageModelConfig Of(string form)
    {
        LanguageModelConfig config = TinyModels.Of(form.Split(' ')[0]);
        return form switch
        {
            "gpt2 untied" => config with { TiedHead = false, Biases = false },
            "gpt2 window gelu-tanh" => config with { Window = 33, Activation = Activation.GeluTanh },
            "gpt2 relu-squared dropout" => config with { Activation = Activation.ReluSquared, Dropout = 0.2, Layers = 3 },
            "llama tied without norm of keys" => config with { TiedHead = true, QueryKeyNorm = false, Biases = true },
            _ => form.EndsWith("dropout", StringComparison.Ordinal) ? config with { Dropout = 0.15 } : config,
        };
    }

    private static (List<double> Losses, List<float> Logits, float[] Weights) Train(string form, bool recompute)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(Of(form), team, recompute: recompute);
        using var optimizer = new RoutedOptimizer(model.Parameters, team: team);
        LanguageProgram program = model.Program(2, 100, training: true);
        program.GradientScale = 1f / MicroBatches;
        List<double> losses = [];
        List<float> logits = [];
        for (uint step = 0; step < Steps; step++)
        {
            model.Parameters.ZeroGradients();
            for (uint micro = 0; micro < MicroBatches; micro++)
            {
                TinyModels.Write(program, (10 * step) + micro);
                (program.Step, program.FirstSample) = (step, micro * 2);
                losses.Add(program.Forward());
                program.Backward();
                logits.AddRange(program.MaximumLogits);
            }

            optimizer.Step();
        }

        return (losses, logits, [.. model.Parameters.Parameters.SelectMany(parameter => parameter.Weights.Span.ToArray())]);
    }

    private static unsafe void Poison(MemoryPlan plan, List<TapeBuffer> kept)
    {
        foreach (TapeBuffer? buffer in plan.Buffers.Where(buffer => buffer.FirstUse >= 0))
        {
            for (long i = 0; i < buffer.Length; i++)
            {
                if (!kept.Exists(one => one.Offset <= buffer.Offset + i && buffer.Offset + i < one.Offset + one.Length))
                {
                    buffer.Pointer[i] = float.NaN;
                }
            }
        }
    }
}
