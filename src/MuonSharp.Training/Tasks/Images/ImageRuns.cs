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

        (ConfigOrigin steps, ConfigOrigin epochs) = Lengths(config);
        if (config.Image.Epochs is { } passes && steps.Source == ConfigSource.Option && epochs.Source == ConfigSource.Option)
        {
            problems.Add(FormattableString.Invariant($"[config] train.steps and image.epochs must not both be given, since each says how long the run is; {config.Train.Steps} ({steps}) and {passes} ({epochs}) came"));
        }
    }

    public override ITrainingTask Create(TrainingConfig config, RunStart? from, TrainerOptions options)
    {
        string folder = FolderOf(config);
        List<string> leftOut = [];
        (ImageSet training, ImageSet heldOut) = ImageFiles.Load(folder, config.Data.ValidationShare, config.Train.Seed, options.ImageDecoder, leftOut, config.Image.Size);

        // A run keeps the names and the normalization that its checkpoints were written with, whatever the folder says today.
        string file = Path.Combine(from?.Folder.Path ?? "", ImageModelFile.Name);
        byte[]? kept = from?.Checkpoint.ReadRunFile(file);
        (ImageNormalization normalization, ImmutableArray<string>? names) = kept is null
            ? (ImageNormalization.Of(training), GivenNames(config, training.Classes)) : ImageModelFile.Parse(kept, file);
        if (names is { } given)
        {
            (training, heldOut) = given.Length == training.Classes.Length ? (training.WithClasses(given), heldOut.WithClasses(given))
                : throw new BadInputException($"[images] image.classes must name each of the {training.Classes.Length} classes of {OneLine.Quote(folder)}, or be null; {given.Length} came");
        }

        if (config.Image.DropLast && ImagesOfStep(config) > training.Count)
        {
            throw new BadInputException($"[images] train.batch x train.accumulation must be at most the {training.Count} images of an epoch with image.dropLast; {ImagesOfStep(config)} came");
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

            ImageTask task = new(model, training, network.Layer.Record, heldOut, Options(config, training.Count, folder) with { Normalization = normalization, LeftOut = leftOut }) { Owned = new Parts(model, team) };
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
        (ImageSet training, ImageSet heldOut) = ImageFiles.Load(folder, config.Data.ValidationShare, config.Train.Seed, options.ImageDecoder, size: config.Image.Size);
        return new(folder, $"{ImageTask.Hash(training)}-{ImageTask.Hash(heldOut)}", "images", ImagesOfStep(config), Steps(config, training.Count));
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

        double images = ImagesOfStep(config), epoch = StepsOfEpoch(config, ((ImageTask)task).Training.Count);
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

    /// <summary>The names that the configuration has for classes which the data only numbers; a preset's are for data of its kind alone, with as many classes. Null: the data's own.</summary>
    private static ImmutableArray<string>? GivenNames(TrainingConfig config, ImmutableArray<string> classes)
    {
        if (config.Image.Classes?.Split(',', StringSplitOptions.TrimEntries) is not { } texts)
        {
            return null;
        }

        ImmutableArray<string> names = [.. texts.Select(OneLine.Short)];
        bool given = config.OriginOf(ConfigKeys.Find("image.classes")!).IsGiven, numbers = ImageFiles.AreNumbers(classes);
        return given && !numbers && !names.SequenceEqual(classes)
            ? throw new BadInputException($"[images] image.classes must be null for data that names its classes, {JoinedText.List(classes)}; {JoinedText.List(names)} came")
            : numbers && (given || names.Length == classes.Length) ? names : null;
    }

    private static string FolderOf(TrainingConfig config) => config.Data.File is { Paths: [var path] } ? path
        : throw new BadInputException($"[images] data.file must name a folder of images with image.network={config.Image.Network}; {config.Data.File?.ToString() ?? "none"} came");

    /// <summary>Whether the epochs count: steps that were given later, by an option beside epochs of a file, or by either beside a preset's epochs, count more.</summary>
    private static bool CountsEpochs(TrainingConfig config)
    {
        (ConfigOrigin steps, ConfigOrigin epochs) = Lengths(config);
        return config.Image.Epochs is not null && !(steps.IsGiven && steps.Source > epochs.Source);
    }

    /// <summary>Where the two keys that say how long a run is came from.</summary>
    private static (ConfigOrigin Steps, ConfigOrigin Epochs) Lengths(TrainingConfig config) =>
        (config.OriginOf(ConfigKeys.Find("train.steps")!), config.OriginOf(ConfigKeys.Find("image.epochs")!));

    private static int Steps(TrainingConfig config, int images) => CountsEpochs(config) && config.Image.Epochs is { } epochs
        ? (int)Math.Clamp(Math.Ceiling(epochs * StepsOfEpoch(config, images)), 1, int.MaxValue) : config.Train.Steps;

    /// <summary>Images of a step.</summary>
    private static long ImagesOfStep(TrainingConfig config) => (long)config.Train.Batch * config.Train.Accumulation;

    /// <summary>Steps of an epoch: whole ones, where what does not fill one is dropped.</summary>
    private static double StepsOfEpoch(TrainingConfig config, int images) => config.Image.DropLast ? Math.Max(1, images / ImagesOfStep(config)) : (double)images / ImagesOfStep(config);

    private static ImageTaskOptions Options(TrainingConfig config, int images, string folder) => new()
    {
        Batch = config.Train.MicroBatch,
        Seed = config.Train.Seed,
        EvaluationBatch = config.Evaluate.Batch,
        LabelSmoothing = config.Image.LabelSmoothing,
        SumsLoss = config.Image.Reduction == "sum",
        DropLast = config.Image.DropLast,
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
