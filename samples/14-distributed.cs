#:project ../src/MuonSharp.Training/MuonSharp.Training.csproj
#:project ../src/MuonSharp.Distributed/MuonSharp.Distributed.csproj
#:property PublishAot=false

// One training by several ranks, here threads of one process; over machines they are processes: mpirun -n 4 muonsharp train --shards 4, or MpiCollectives. dotnet run samples/14-distributed.cs
using MuonSharp.Distributed;
using MuonSharp.Training;

// Each step is cut into four parts, which one, two or four ranks share: the same bits, however many there are.
TrainingConfig config = TrainingConfig.FromPreset("nanogpt-cpu")
    .Set("model.layers", "2").Set("model.width", "64").Set("train.shards", "4").Set("train.steps", "30").Set("train.threads", "1")
    .Set("evaluate.every", "30").Set("sample.every", "-1");
foreach (int size in (int[])[1, 2, 4])
{
    // All ranks make the same trainer; each runs a part of every batch, steps what it owns of the optimizer, and gets the rest from the others.
    ThreadCollectives.Run(size, rank =>
    {
        using Trainer trainer = Trainer.Create(config, runFolder: null, new TrainerOptions { Collectives = rank });
        Train(trainer, rank).GetAwaiter().GetResult();
    });
}

static async Task Train(Trainer trainer, ICollectives rank)
{
    await foreach (TrainingEvent happened in trainer.RunAsync())
    {
        if (rank.Rank == 0 && happened is EvaluationEvent evaluation)
        {
            Console.WriteLine($"ranks {rank.Size}, step {evaluation.Step}: held-out loss {evaluation.Result["val_loss"]:R}, {rank.BytesSent:N0} bytes sent by the first");
        }
    }
}
