using MuonSharp.Nn.Tests.Memory;
using MuonSharp.Nn.Tests.Reference;
using MuonSharp.Numerics;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>A whole model's runs: memory, determinism, accumulation, independence.</summary>
[Collection(nameof(WholeProcess))]
public class LanguageProgramTests
{
    public static TheoryData<string> Families => ["gpt2", "llama"];

    public static TheoryData<string, bool> FamiliesWithAndWithoutRecomputation => new() { { "gpt2", false }, { "llama", false }, { "gpt2", true }, { "llama", true } };

    [Theory]
    [MemberData(nameof(FamiliesWithAndWithoutRecomputation))]
    public void No_two_live_buffers_overlap_and_memory_is_shared(string family, bool recompute)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family), team, recompute: recompute);
        MemoryPlan training = model.Program(3, 130, training: true).MemoryPlan;
        MemoryPlan inference = model.Program(3, 130, training: false).MemoryPlan;

        PlanAssert.NoOverlap(training);
        PlanAssert.NoOverlap(inference);
        Assert.True(training.ArenaLength < training.TotalLength * 3 / 4, $"{training.ArenaLength} of {training.TotalLength}");
        Assert.True(inference.ArenaLength < training.ArenaLength / 2, $"{inference.ArenaLength} against {training.ArenaLength}");
    }

    [Theory]
    [MemberData(nameof(FamiliesWithAndWithoutRecomputation))]
    public void Nothing_is_read_before_it_is_written_or_after_its_memory_was_given_away(string family, bool recompute)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { Dropout = 0.1 }, team, recompute: recompute);
        LanguageProgram program = model.Program(2, 150, training: true);
        TinyModels.Write(program);
        (double Loss, float[] Gradients) first = TinyModels.Step(model, program);
        Poison(program);
        (double Loss, float[] Gradients) second = TinyModels.Step(model, program);
        using var alone = new ProgramWithoutSharing(model, 2, 150);
        TinyModels.Write(alone.Program);
        (double Loss, float[] Gradients) third = TinyModels.Step(model, alone.Program);

        Assert.True(alone.Program.MemoryPlan.ArenaLength > program.MemoryPlan.ArenaLength);
        Assert.True(double.IsFinite(first.Loss));
        Assert.Equal((first.Loss, first.Loss), (second.Loss, third.Loss));
        Assert.Equal(first.Gradients, second.Gradients);
        Assert.Equal(first.Gradients, third.Gradients);
    }

    [Theory]
    [MemberData(nameof(FamiliesWithAndWithoutRecomputation))]
    public void Any_number_of_threads_gives_the_same_bits(string family, bool recompute)
    {
        LanguageModelConfig config = TinyModels.Of(family) with { Width = 256, Dropout = 0.1 };
        (double Loss, float[] Gradients) expected = default;
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var team = new WorkerTeam(threads);
            using LanguageModel model = TinyModels.Create(config, team, recompute: recompute);
            LanguageProgram program = model.Program(4, 160, training: true);
            TinyModels.Write(program);
            if (threads == 1)
            {
                expected = TinyModels.Step(model, program);
                continue;
            }

            // Where all cores are taken, a worker may come too late for a whole step: go on until each has had its share.
            for (int step = 0; step == 0 || (step < 200 && !EveryWorkerWorked(team)); step++)
            {
                (double Loss, float[] Gradients) result = TinyModels.Step(model, program);
                Assert.Equal(expected.Loss, result.Loss);
                Assert.Equal(expected.Gradients, result.Gradients);
            }

            Assert.True(EveryWorkerWorked(team), "in 200 steps a worker ran nothing");
        }

        static bool EveryWorkerWorked(WorkerTeam team) => Enumerable.Range(0, team.Threads).All(worker => team.TasksOf(worker) > 0);
    }

    [Theory]
    [MemberData(nameof(FamiliesWithAndWithoutRecomputation))]
    public void A_step_allocates_nothing_on_the_managed_heap(string family, bool recompute)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { Width = 256, Dropout = 0.1 }, team, recompute: recompute);
        LanguageProgram program = model.Program(4, 160, training: true);
        LanguageProgram inference = model.Program(1, 160, training: false);
        LanguageProgram packed = model.Program(2, 150, training: true, packed: true);
        new TestNumbers(1).Documents(2, 150, 160).CopyTo(packed.Positions);
        float[] logits = new float[program.Vocabulary];
        TinyModels.Write(program);
        TinyModels.Write(packed);
        TinyModels.Write(inference);
        Run();
        Run();

        // Another thread of the test runner may allocate now and then; a step that allocates would do so in every window.
        // And where all cores are taken, worker 1 may sleep through one.
        bool clean = false;
        for (int window = 0; window < 50 && !clean; window++)
        {
            long native = NativeBuffer.LiveBytes + NativeBuffer.ThreadBytes, tasks = team.TasksOf(1), before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < 5; i++) Run();

            clean = GC.GetTotalAllocatedBytes(precise: true) == before && NativeBuffer.LiveBytes + NativeBuffer.ThreadBytes == native && team.TasksOf(1) > tasks;
        }

        Assert.True(clean, "no window of five steps had worker 1 at work and no allocation, managed or native, on any thread");

        void Run()
        {
            model.Parameters.ZeroGradients();
            program.Forward();
            program.Backward();
            packed.Forward();
            packed.Backward();
            inference.Forward();
            inference.Logits(0, 159, logits);
        }
    }

    [Fact]
    public void Everything_is_freed_with_the_model()
    {
        int before = NativeBuffer.LiveCount;
        using var team = new WorkerTeam(2);
        LanguageModel model = TinyModels.Create(TinyModels.Llama, team);
        model.Program(1, 8, training: true);
        model.Program(2, 8, training: false);
        Assert.True(NativeBuffer.LiveCount > before);

        model.Dispose();

        Assert.Equal(before, NativeBuffer.LiveCount);
        Assert.Throws<ObjectDisposedException>(() => model.Program(1, 8, training: true));
    }

    [Fact]
    public void Packing_memory_of_a_teams_workers_is_counted_and_goes_with_the_team()
    {
        // The caller's own memory stays with its thread: let it grow to all that it will need.
        using (var alone = new WorkerTeam(1)) Run(alone);

        long before = NativeBuffer.ThreadBytes;
        using (var team = new WorkerTeam(3))
        {
            for (int run = 0; NativeBuffer.ThreadBytes == before; run++)
            {
                Assert.True(run < 2000, "no other worker ever took a task");
                Run(team);
            }

            Assert.InRange(NativeBuffer.ThreadBytes - before, NativeBuffer.Alignment, 1 << 20);
        }

        Assert.Equal(before, NativeBuffer.ThreadBytes);

        static void Run(WorkerTeam team)
        {
            float[] a = new float[200 * 200], c = new float[200 * 200];
            MatrixProduct.Multiply(team, a, transposeA: false, a, transposeB: false, c, 200, 200, 200);
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Micro_batches_add_up_to_the_batch(string family)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family) with { Dropout = 0.2 }, team);
        LanguageProgram whole = model.Program(4, 32, training: true);
        TinyModels.Write(whole);
        whole.Step = 5;
        (double Loss, float[] Gradients) expected = TinyModels.Step(model, whole);
        LanguageProgram part = model.Program(1, 32, training: true);
        part.GradientScale = 0.25f;
        part.Step = 5;
        model.Parameters.ZeroGradients();
        double loss = 0;
        for (int i = 0; i < 4; i++)
        {
            whole.Inputs.Slice(32 * i, 32).CopyTo(part.Inputs);
            whole.Targets.Slice(32 * i, 32).CopyTo(part.Targets);
            part.FirstSample = (uint)i;
            loss += part.Forward() / 4;
            part.Backward();
        }

        Assert.Equal(expected.Loss, loss, 1e-6);
        float largest = expected.Gradients.Max(MathF.Abs);
        Assert.All(expected.Gradients.Zip(TinyModels.Gradients(model)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f * largest));
    }

    [Fact]
    public void Two_models_in_one_process_do_not_touch_each_other()
    {
        using var team = new WorkerTeam(2);
        using LanguageModel a = TinyModels.Create(TinyModels.Gpt2, team);
        using LanguageModel b = TinyModels.Create(TinyModels.Llama, team);
        (LanguageProgram? programA, LanguageProgram? programB) = (a.Program(2, 20, training: true), b.Program(2, 20, training: true));
        TinyModels.Write(programA);
        TinyModels.Write(programB);
        ((double Loss, float[] Gradients) aloneA, (double Loss, float[] Gradients) aloneB) = (TinyModels.Step(a, programA), TinyModels.Step(b, programB));

        a.Parameters.ZeroGradients();
        b.Parameters.ZeroGradients();
        double lossA = programA.Forward(), lossB = programB.Forward();
        programA.Backward();
        programB.Backward();

        Assert.Equal((aloneA.Loss, aloneB.Loss), (lossA, lossB));
        Assert.Equal(aloneA.Gradients, TinyModels.Gradients(a));
        Assert.Equal(aloneB.Gradients, TinyModels.Gradients(b));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Inference_computes_the_loss_of_training_and_logits_that_only_see_the_past(string family)
    {
        using var team = new WorkerTeam(2);
        using LanguageModel model = TinyModels.Create(TinyModels.Of(family), team);
        (LanguageProgram? training, LanguageProgram? inference) = (model.Program(2, 40, training: true), model.Program(2, 40, training: false));
        TinyModels.Write(training);
        TinyModels.Write(inference);
        Assert.Equal(training.Forward(), inference.Forward());
        Assert.Equal(training.MaximumLogits.ToArray(), inference.MaximumLogits.ToArray());
        float[] before = new float[inference.Vocabulary], after = new float[inference.Vocabulary];

        inference.Logits(1, 20, before);
        inference.Inputs[^1] = 0;
        inference.Targets.Fill(-1);
        Assert.Equal(0, inference.Forward());
        Assert.Equal(0, inference.CountedTokens);
        inference.Logits(1, 20, after);

        Assert.Equal(before, after);
        Assert.Throws<InvalidOperationException>(() => training.Logits(1, 20, after));
        Assert.Throws<ArgumentException>(() => inference.Logits(2, 20, after));
        Assert.Throws<ArgumentException>(() => inference.Logits(1, 20, after.AsSpan(1)));
    }

    private static unsafe void Poison(LanguageProgram program)
    {
        foreach (TapeBuffer buffer in program.MemoryPlan.Buffers.Where(b => b.FirstUse >= 0))
        {
            new Span<float>(buffer.Pointer, (int)buffer.Length).Fill(float.NaN);
        }
    }
}
