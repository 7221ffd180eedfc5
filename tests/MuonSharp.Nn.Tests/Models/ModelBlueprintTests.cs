using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Runs alone: it looks at the native memory of the process.</summary>
[Collection(nameof(WholeProcess))]
public class ModelBlueprintTests
{
    [Theory]
    [InlineData("gpt2", true, 1, false)]
    [InlineData("gpt2", true, 2, true)]
    [InlineData("gpt2", false, 3, false)]
    [InlineData("llama", true, 3, false)]
    [InlineData("llama", true, 1, true)]
    [InlineData("llama", false, 1, false)]
    public void Its_plan_is_the_program_s_to_the_byte(string family, bool training, int threads, bool recomputes)
    {
        using var team = new WorkerTeam(threads);
        using var model = new LanguageModel(TinyModels.Of(family) with { Dropout = 0.1 }, 7, team) { RecomputesBlocks = recomputes };
        MemoryPlan planned = new ModelBlueprint(model.Config) { RecomputesBlocks = recomputes }.PlanMemory(3, 50, training, threads);
        MemoryPlan real = model.Program(3, 50, training).MemoryPlan;
        Assert.Equal((real.ArenaLength, real.TotalLength, real.Buffers.Count), (planned.ArenaLength, planned.TotalLength, planned.Buffers.Count));
    }

    [Theory]
    [InlineData("gpt2", false)]
    [InlineData("llama", false)]
    [InlineData("llama", true)]
    public void Its_flops_are_those_of_the_operations_that_a_program_runs(string family, bool recomputes)
    {
        using var team = new WorkerTeam(1);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family), team);
        LanguageProgram program = model.Program(3, 50, training: true);
        TapeProfile profile = program.StartProfile();
        program.Forward();
        program.Backward();
        Assert.Equal(profile.Operations().Sum(operation => operation.Work.Flops), program.Flops);
        Assert.Equal(program.Flops, new ModelBlueprint(model.Config) { RecomputesBlocks = recomputes }.PlanFlops(3, 50));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Its_parameters_are_the_model_s_without_memory(string family)
    {
        using var team = new WorkerTeam(1);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family), team);
        var outline = new ModelBlueprint(model.Config);
        Assert.Equal(model.Parameters.Parameters.Select(Line), outline.Parameters.Select(Line));
        Assert.All(outline.Parameters, parameter => Assert.True(parameter.Weights.IsEmpty && parameter.Gradient.IsEmpty));

        static string Line(Parameter parameter) => $"{parameter} {parameter.Role}";
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Memory_is_linear_in_the_context(string family)
    {
        var outline = new ModelBlueprint(TinyModels.Of(family) with { Context = 8192 });
        long Length(int batch, int time) => outline.PlanMemory(batch, time, training: true, threads: 2).TotalLength;
        foreach (int time in new[] { 1024, 2048, 4096 })
        {
            Assert.InRange((double)Length(1, 2 * time) / Length(1, time), 1.5, 2.01);
            Assert.InRange((double)Length(1, 2 * time) / Length(2, time), 0.95, 1.05);
        }
    }

    [Fact]
    public void Seventy_billion_weights_take_no_native_memory()
    {
        long before = NativeBuffer.LiveBytes;
        var config = new LanguageModelConfig
        {
            Vocabulary = 128256,
            Layers = 80,
            Heads = 64,
            KeyValueHeads = 8,
            Width = 8192,
            HiddenWidth = 28672,
            Context = 8192,
            Family = ModelFamilies.Llama,
            Normalization = Normalization.RmsNorm,
            Activation = Activation.Silu,
            Gated = true,
            TiedHead = false,
        };
        var outline = new ModelBlueprint(config);
        MemoryPlan plan = outline.PlanMemory(1, 8192, training: true, threads: 2);

        // Llama 3's published count.
        Assert.Equal(70_553_706_496, outline.Parameters.Sum(parameter => (long)parameter.Length));
        Assert.True(plan.ArenaLength > 80L * 8192 * 8192, $"{plan.ArenaLength} floats hold no residual stream of every block");
        Assert.Equal(before, NativeBuffer.LiveBytes);
    }

    [Fact]
    public void Shapes_outside_the_model_are_refused()
    {
        var outline = new ModelBlueprint(TinyModels.Gpt2);
        Assert.Throws<ArgumentException>(() => outline.PlanMemory(0, 8, true, 1));
        Assert.Throws<ArgumentException>(() => outline.PlanMemory(1, 161, true, 1));
        Assert.Throws<ArgumentException>(() => outline.PlanMemory(1, 8, true, 0));
        Assert.Throws<ArgumentException>(() => new ModelBlueprint(TinyModels.Gpt2 with { Layers = 0 }));
    }
}
