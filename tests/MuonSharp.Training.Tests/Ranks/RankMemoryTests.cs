using MuonSharp.Distributed;
using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Ranks;

[Collection(nameof(WholeProcess))]
public class RankMemoryTests
{
    /// <summary>Of 8 parts, 3 ranks have 2, 3 and 3; of state each has what it owns.</summary>
    [Theory]
    [InlineData(2, "muon")]
    [InlineData(3, "adamw")]
    [InlineData(4, "shampoo")]
    public void The_memory_that_ranks_tell_of_is_theirs(int ranks, string optimizer)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, [$"optimizer.name={optimizer}", "model.width=128", "data.tokenizer=byte"]);
        long before = NativeBuffer.LiveBytes + NativeBuffer.ThreadBytes, told = 0, taken = 0, whole = 0;
        ThreadCollectives.Run(ranks, rank =>
        {
            using Trainer trainer = Trainer.Create(config, null, new TrainerOptions { Collectives = rank });
            trainer.Parts.Step.Run(1);
            _ = Interlocked.Add(ref told, trainer.Description.Memory.Total);
            _ = Interlocked.Add(ref whole, trainer.Description.Memory.OptimizerState);
            rank.Barrier();
            if (rank.Rank == 0)
            {
                taken = NativeBuffer.LiveBytes + NativeBuffer.ThreadBytes - before;
            }

            rank.Barrier();
        });
        Assert.InRange(taken, told, 1.15 * told);
        using Trainer alone = Trainer.Create(config);
        Assert.InRange(whole, alone.Description.Memory.OptimizerState * 0.999, alone.Description.Memory.OptimizerState * 1.01);
    }

    private const int Rounds = 20;
    private const int StepsOfRound = 10;

    /// <summary>The whole process is counted: both ranks, their workers and their threads of messages. What the runtime does beside them (it compiles) may fall into a round, not into all.</summary>
    [Theory]
    [InlineData("muon", "null")]
    [InlineData("adamw", "0.5")]
    public void A_step_over_ranks_allocates_nothing(string optimizer, string clipNorm)
    {
        using TemporaryFolder folder = new();
        TrainingConfig config = RankRuns.Config(folder, [$"optimizer.name={optimizer}", $"optimizer.clipNorm={clipNorm}", "train.steps=1000", "qkClip.tau=1", "train.threads=2", "train.accumulation=2"]);
        long[] allocated = new long[Rounds];
        ThreadCollectives.Run(2, rank =>
        {
            using Trainer trainer = Trainer.Create(config, null, new TrainerOptions { Collectives = rank });
            long step = 0;
            for (int round = 0; round < Rounds; round++)
            {
                rank.Barrier();
                long before = GC.GetTotalAllocatedBytes(precise: true);
                rank.Barrier();
                for (int i = 0; i < StepsOfRound; i++)
                {
                    trainer.Parts.Step.Run(++step);
                }

                rank.Barrier();
                if (rank.Rank == 0)
                {
                    allocated[round] = GC.GetTotalAllocatedBytes(precise: true) - before;
                }

                rank.Barrier();
            }

            Assert.False(trainer.Parts.Step.Report.Skipped);
        });
        Assert.Contains(0, allocated);
    }
}
