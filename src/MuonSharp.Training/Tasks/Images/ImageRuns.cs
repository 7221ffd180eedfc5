using System.Collections.Immutable;
using MuonSharp.Formats;
using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Runs of networks of images.</summary>
internal sealed class ImageRuns : ConfiguredTask
{
    /// <summary>The parameter whose rate falls to 0 before the others': airbench94's bias of the whitening layer.</summary>
    private const string WhiteningBias = "whiten.bias";

    public override void Check(TrainingConfig config, List<string> problems)
    {
        config.Image.Check(problems);
        if (config.Train.From is not null)
        {
            problems.Add($"[config] train.from must not be set with image.network: a network of images begins with weights that are drawn; {OneLine.Quote(config.Train.From)} came");
        }

        if (config.Data.ValidationFile is not null)
        {
            problems.Add($"[config] data.validationFile must not be set with image.network: the folder of data.file holds the images that are held out, or data.validationShare says how many; {config.Data.ValidationFile} came");
        }
    }

    public override ITrainingTask Create(TrainingConfig config, RunStart? from, TrainerOptions options)
    {
        string folder = FolderOf(config);
        (ImageSet training, ImageSet heldOut) = ImageFiles.Load(folder, config.Data.ValidationShare, config.Train.Seed, options.ImageDecoder);

        // A run keeps the names and the normalization that its checkpoints were written with, whatever the folder says today.
        string file = Path.Combine(from?.Folder.Path ?? "", ImageModelFile.Name);
        byte[]? kept = from?.Checkpoint.ReadRunFile(file);
        (ImageNormalization normalization, ImmutableArray<string>? names) = kept is null
            ? (ImageNormalization.Of(training), config.Image.Classes?.Split(',', StringSplitOptions.TrimEntries).Select(OneLine.Short).ToImmutableArray())
            : ImageModelFile.Parse(kept, file);
        if (names is { } given)
        {
            (training, heldOut) = given.Length == training.Classes.Length ? (training.WithClasses(given), heldOut.WithClasses(given))
                : throw new BadInputException($"[images] image.classes must name each of the {training.Classes.Length} classes of {OneLine.Quote(folder)}; {given.Length} came");
        }

        WorkerTeam team = new(config.Train.Threads ?? 0);
        Model? model = null;
        try
        {
            ModelBuilder builder = new(config.Train.Seed);
            ImageNetwork network = ImageNetworks.Create(builder, config.Image.Network!, training.Shape, training.Classes.Length, config.Image.WidthNumbers);
            model = builder.Build(team);
            if (from is null)
            {
                network.Prepare?.Invoke(team, training, normalization);
            }

            ImageTask task = new(model, training, network.Layer.Record, heldOut, Options(config, training.Count, folder) with { Normalization = normalization }) { Owned = new Parts(model, team) };
            return kept is null ? task : task.Keeping(kept);
        }
        catch (ArgumentException exception)
        {
            Free();
            throw new BadInputException(exception.Message, exception);
        }
        catch
        {
            Free();
            throw;
        }

        void Free()
        {
            model?.Dispose();
            team.Dispose();
        }
    }

    public override TaskData Describe(TrainingConfig config, TrainerOptions options)
    {
        string folder = FolderOf(config);
        (ImageSet training, ImageSet heldOut) = ImageFiles.Load(folder, config.Data.ValidationShare, config.Train.Seed, options.ImageDecoder);
        return new(folder, $"{ImageTask.Hash(training)}-{ImageTask.Hash(heldOut)}", "images", (long)config.Train.Batch * config.Train.Accumulation, Steps(config, training.Count));
    }

    public override TrainingConfig WithSteps(TrainingConfig config, int steps) =>
        base.WithSteps(config, steps) with { Image = config.Image with { Epochs = null } };

    public override TrainingConfig Complete(TrainingConfig config, TrainingConfig reading, ITrainingTask task) => config.With(config with
    {
        Train = config.Train with { Steps = Steps(config, ((ImageTask)task).Training.Count) },
        Image = config.Image with { Epochs = CountsEpochs(config) ? config.Image.Epochs : null },
    });

    public override IReadOnlyList<Route> Routes(TrainingConfig config, ITrainingTask task)
    {
        IReadOnlyList<Route> routes = base.Routes(config, task);
        if (config.Image.Sgd is not { BiasLearningRate: { } biases } sgd)
        {
            return routes;
        }

        double images = (double)config.Train.Batch * config.Train.Accumulation, epoch = ((ImageTask)task).Training.Count / images;
        Schedule whitening = new RampSchedule(biases, 0, Math.Max(1, (long)Math.Ceiling(sgd.WhiteningEpochs * epoch)));
        return
        [
            routes[0],
            new("whitening", [ParameterRole.Bias], Options(whitening, biases)) { Condition = parameter => parameter.Name == WhiteningBias },
            new("biases", [.. Route.Others.Where(role => role != ParameterRole.Head)], Options(ScheduleKinds.Create(biases, config.Optimizer.Schedule), biases)),
            new("head", [ParameterRole.Head], Options(ScheduleKinds.Create(sgd.HeadLearningRate, config.Optimizer.Schedule), sgd.HeadLearningRate)),
        ];

        // The decay is part of the gradient, so that it is multiplied by the rate: divided by the peak it is what it says.
        SgdOptions Options(Schedule rate, double peak) => new()
        {
            LearningRate = rate,
            Momentum = sgd.Momentum,
            Nesterov = true,
            WeightDecay = sgd.Decay * images / peak,
        };
    }

    private static string FolderOf(TrainingConfig config) => config.Data.File is { Paths: [var path] } ? path
        : throw new BadInputException($"[images] data.file must name a folder of images with image.network={config.Image.Network}; {config.Data.File?.ToString() ?? "none"} came");

    /// <summary>Whether the epochs count: steps that were asked for, where epochs were not, count more than a preset's epochs.</summary>
    private static bool CountsEpochs(TrainingConfig config) => config.Image.Epochs is not null
        && !(config.OriginOf(ConfigKeys.Find("train.steps")!).IsGiven && !config.OriginOf(ConfigKeys.Find("image.epochs")!).IsGiven);

    private static int Steps(TrainingConfig config, int images) => CountsEpochs(config) && config.Image.Epochs is { } epochs
        ? (int)Math.Clamp(Math.Ceiling(epochs * images / ((double)config.Train.Batch * config.Train.Accumulation)), 1, int.MaxValue) : config.Train.Steps;

    private static ImageTaskOptions Options(TrainingConfig config, int images, string folder) => new()
    {
        Batch = config.Train.MicroBatch,
        Seed = config.Train.Seed,
        EvaluationBatch = config.Evaluate.Batch,
        LabelSmoothing = config.Image.LabelSmoothing,
        SumsLoss = config.Image.Reduction == "sum",
        Flip = config.Image.Flip,
        Shift = config.Image.Shift,
        Views = config.Image.Views,
        ViewsFromStep = Steps(config, images),
        Source = folder,
    };

    private sealed class Parts(Model model, WorkerTeam team) : IDisposable
    {
        public void Dispose()
        {
            model.Dispose();
            team.Dispose();
        }
    }
}
