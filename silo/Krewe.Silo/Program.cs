using Krewe.Silo;
using Krewe.Silo.Hosting.Composition;

return await SiloRunner.RunAsync(args, new OrleansHost());
